//! The providers of artwork as the configuration names them. They stay between requests: their limits are those of the whole
//! daemon, and TVDB's token is asked for once.

use std::sync::{Arc, Mutex, PoisonError};

use posterizarr_media::Client;
use posterizarr_media::sources::fanart::Fanart;
use posterizarr_media::sources::offers::Providers;
use posterizarr_media::sources::tmdb::Tmdb;
use posterizarr_media::sources::tvdb::Tvdb;

use crate::actors::config::{ConfigView, keys};
use crate::http::{ApiError, AppState};

/// The providers, and the keys they were made with.
#[derive(Default)]
pub struct InUse(Mutex<Option<(Keys, Arc<Providers>)>>);

type Keys = [Option<String>; 3];

/// Those who can be asked now.
pub fn providers(state: &AppState, kept: &InUse) -> Result<Arc<Providers>, ApiError> {
    let keys = keys_of(&state.views.config.get());
    let mut kept = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, providers)) = &*kept
        && *of == keys
    {
        return Ok(providers.clone());
    }
    let providers = Arc::new(made(state, &keys)?);
    *kept = Some((keys, providers.clone()));
    Ok(providers)
}

fn made(state: &AppState, [tmdb, tvdb, fanart]: &Keys) -> Result<Providers, ApiError> {
    let client = Client::new(&state.settings.fetch, state.settings.limits);
    let at = &state.settings.providers;
    let of_tmdb = |token: &String| Tmdb::new(&client, &at.tmdb_url, &at.tmdb_image_url, token, &[]).in_all_languages();
    Ok(Providers {
        tmdb: tmdb.as_ref().map(of_tmdb),
        tvdb: tvdb.as_ref().map(|key| Tvdb::new(&client, &at.tvdb_url, key)),
        fanart: fanart.as_ref().map(|key| Fanart::new(&client, &at.fanart_url, key)),
    })
}

/// TMDB's, TVDB's and Fanart.tv's; a key that is still the example's is none.
fn keys_of(config: &ConfigView) -> Keys {
    ["tmdbtoken", "tvdbapi", "FanartTvAPIKey"].map(|name| {
        let example = keys::find("ApiPart", name).map(|key| key.default.value());
        let key = config.text("ApiPart", name).map(|key| key.trim().to_owned());
        key.filter(|key| !key.is_empty() && example.as_ref().and_then(|value| value.as_str()) != Some(key))
    })
}
