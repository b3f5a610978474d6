//! What a check finds, sentence by sentence. The English is upstream's.

use posterizarr_base::sentences;

sentences! {
    /// A sentence of a verdict.
    pub enum Finding {
        PlexOk { libraries: u64 } => "plex_ok", "Plex connection successful! Found {libraries} libraries.";
        ServerOk { server: &'static str, version: String } => "server_ok", "{server} connection successful! Version: {version}";
        ServerRefuses { server: &'static str, key: &'static str } => "server_refuses", "Invalid {server} {key}. Please check your {key}.";
        ServerStatus { server: &'static str, status: u16 } => "server_status", "{server} connection failed (Status: {status})";
        ServerSilent { server: &'static str } => "server_silent", "Connection timeout. Check if {server} URL is correct and server is reachable.";
        ServerTrouble { server: &'static str } => "server_trouble", "Error connecting to {server}";
        KeyOk { service: &'static str, key: &'static str } => "key_ok", "{service} {key} is valid!";
        KeyWithPinOk => "key_with_pin_ok", "TVDB API key is valid (with PIN)!";
        TmdbRefuses => "tmdb_refuses", "Invalid TMDB token. Please check your Read Access Token.";
        FanartRefuses => "fanart_refuses", "Invalid Fanart.tv API key. Please check your Personal API key.";
        TvdbRefuses => "tvdb_refuses", "Invalid TVDB API key. Please use a 'Project API Key' (not legacy key).";
        TvdbUnclear { attempts: u32 } => "tvdb_unclear", "Could not validate TVDB API key after {attempts} attempts. You may be using a legacy API key - please use a 'Project API Key'.";
        ServiceStatus { service: &'static str, status: u16 } => "service_status", "{service} validation failed (Status: {status})";
        ServiceTrouble { service: &'static str, what: &'static str } => "service_trouble", "Error validating {what}";
        DiscordOk => "discord_ok", "Discord webhook is valid! Test message sent.";
        DiscordUnknown => "discord_unknown", "Discord webhook not found. Please check your webhook URL.";
        KumaOk => "kuma_ok", "Uptime Kuma push URL is valid!";
        KumaRefuses => "kuma_refuses", "Uptime Kuma responded but validation failed.";
        AppriseOk => "apprise_ok", "Apprise URL format looks valid!";
        AppriseInvalid => "apprise_invalid", "Invalid Apprise URL format. Must start with a valid service prefix (discord://, telegram://, etc.)";
    }
}
