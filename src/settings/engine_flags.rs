//! What a run of the built-in engine is told of the daemon's settings.

use posterizarr_engine::Drawing;

use super::Settings;

impl Settings {
    /// What the engine has to know of our settings: a run gets none of our flags and variables.
    pub fn engine_flags(&self) -> Vec<String> {
        let (fetch, providers, limits) = (&self.fetch, &self.providers, &self.limits);
        let paced = [("tmdb", limits.tmdb), ("tvdb", limits.tvdb), ("fanart", limits.fanart)];
        let rates = paced
            .iter()
            .filter_map(|(host, limit)| Some((format!("{host}-per-second"), limit.per_second?.0.to_string())));
        let hosts = paced.iter().copied().chain([("pictures", limits.pictures), ("server", limits.server)]);
        let at_once = hosts.map(|(host, limit)| (format!("{host}-at-once"), limit.in_flight.to_string()));
        let limits = rates.chain(at_once).map(|(name, value)| (format!("limits-{name}"), value));
        let sets = self.sets.as_ref().map(|folder| ("artwork-sets".to_owned(), folder.display().to_string()));
        let others = [
            ("artwork-collections", self.collections.to_string()),
            ("backup-before-upload", self.save_first.word().to_owned()),
            ("fetch-allow-private", fetch.allow_private.to_string()),
            ("fetch-timeout", format!("{}ms", fetch.timeout.as_millis())),
            ("plex-drop-overlay-label", self.drop_overlay_label.to_string()),
            ("providers-tmdb-url", providers.tmdb_url.clone()),
            ("providers-tmdb-image-url", providers.tmdb_image_url.clone()),
            ("providers-tvdb-url", providers.tvdb_url.clone()),
            ("providers-fanart-url", providers.fanart_url.clone()),
        ];
        let others = others.into_iter().map(|(name, value)| (name.to_owned(), value));
        let others = others.chain(sets).chain(drawing_flags(&self.drawing));
        others.chain(limits).flat_map(|(name, value)| [format!("--{name}"), value]).collect()
    }
}

fn drawing_flags(drawing: &Drawing) -> impl Iterator<Item = (String, String)> {
    let typography = drawing.finish.typography;
    let borders = drawing.finish.borders.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let badges = drawing.badges.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let flags = [
        ("badges", badges),
        ("balanced-lines", typography.balanced_lines.to_string()),
        ("font-weight", typography.weight.map(|weight| weight.to_string()).unwrap_or_default()),
        ("hide-unwatched", drawing.unwatched.map_or_else(|| "off".to_owned(), |hiding| hiding.to_string())),
        ("legibility", drawing.legibility.word().to_owned()),
        ("seasonal-borders", borders),
        ("system-fonts", typography.system_fonts.to_string()),
        ("watched-by", drawing.viewer.clone().unwrap_or_default()),
    ];
    let set = flags.into_iter().filter(|(_, value)| !value.is_empty());
    set.map(|(name, value)| (format!("drawing-{name}"), value))
}
