//! Why a value is not taken into `config.json`, beyond what each value must be by itself.

use posterizarr_base::said::{Params, Reason, Said, Values, values};
use posterizarr_base::sentences;

sentences! {
    /// What is wrong with a change of the configuration.
    pub enum ConfigFault {
        // Values of keys that nobody knows keep their type.
        StaySwitch => "must_stay_switch", "must remain true or false";
        StayNumber => "must_stay_number", "must remain a number";
        StayText => "must_stay_text", "must remain text";
        StayList { example: &'static str } => "must_stay_list", "must remain a list, as JSON such as {example}";
        StayObject { example: &'static str } => "must_stay_object", "must remain an object, as JSON such as {example}";
        Mask { mask: &'static str } => "has_mask", "must not hold {mask} but where a stored value is hidden";
        // Keys that do not go together.
        FontSizes { least: i64, greatest: i64 } => "font_sizes_crossed", "makes the smallest font size, {least}, larger than the largest, {greatest}";
        OneServer => "one_server", "must be the only one of UsePlex, UseJellyfin and UseEmby that is on";
        Colon => "has_colon", "must not contain a colon; a browser could not send it";
        NoPassword => "no_password", "leaves the login with an empty password; set basicAuthPassword";
        CostlyHash => "costly_hash", "is a hash that takes too long to check; make one with a lower cost";
        ShippedPassword => "shipped_password", "is still the one that every installation begins with, which everybody knows; set another one to turn the login on";
        LongPassword => "long_password", "must be of at most 72 bytes, which is all that version 3 compares";
        StoredElsewhere { key: &'static str, url: &'static str } => "stored_elsewhere", "the stored {key} is only sent to the stored {url}; enter the {key} again to change the address";
        // Folders of assets.
        NotWhole { path: String } => "path_not_whole", "{path} is not a whole path of this machine; begin it with a slash, such as /srv/posters";
        SystemFolder { folder: String } => "asset_root_system", "{folder} cannot hold assets: it is a folder of the system; name a folder that holds nothing else";
        BelongsToSystem { folder: String } => "asset_root_in_system", "{folder} cannot hold assets: it belongs to the system; name a folder that holds nothing else";
        DataFolder { folder: String } => "asset_root_data", "{folder} cannot hold assets: it is the data folder, in which the configuration and its secrets are; name a folder that holds nothing else";
        HoldsData { folder: String } => "asset_root_holds_data", "{folder} cannot hold assets: the data folder, with the configuration and its secrets, lies in it; name a folder that holds nothing else";
        // Blueprints.
        NoSection => "no_section", "is not a section with settings in it";
        OneInstallation => "one_installation", "belongs to one installation; take it out of the blueprint";
        NoSetting => "no_setting", "is not a setting; take it out of the blueprint";
    }
}

impl Values for ConfigFault {
    fn values(&self) -> Params {
        values([("cause", self)])
    }

    fn said(&self) -> Option<Said> {
        Some(Self::said(self))
    }
}

impl From<ConfigFault> for Reason {
    fn from(fault: ConfigFault) -> Self {
        fault.as_reason()
    }
}
