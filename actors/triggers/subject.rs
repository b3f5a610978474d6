//! What an event is about: one key for one movie, episode or item, whichever way the event came.
//!
//! Webhooks, trigger files and replays all have the same names and values, and only these are looked at here. So two
//! events about one item get one key, and the later one joins the job that waits for the earlier one.

use super::media_event::Source;
use super::reason::IngestReason;

/// Identifiers of a series, the surest first, with the prefix under which they appear in keys.
const OF_SERIES: [(&str, &str); 3] =
    [("arr_series_tvdb", "tvdb"), ("arr_series_tmdb", "tmdb"), ("arr_series_imdb", "imdb")];
/// The same of a movie.
const OF_MOVIE: [(&str, &str); 2] = [("arr_movie_tmdb", "tmdb"), ("arr_movie_imdb", "imdb")];

/// The key of what Sonarr or Radarr tell of; of Tautulli's items the rating key is that.
///
/// # Errors
/// Where there is neither an identifier nor a title.
pub fn of(source: Source, pairs: &[(String, String)]) -> Result<String, IngestReason> {
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
    match source {
        Source::Sonarr => {
            let series = item(&OF_SERIES, value("arr_series_title"), value("arr_sonarr_series_year"), value)?;
            let (season, episode) = (value("arr_episode_season"), value("arr_episode_numbers"));
            Ok(format!("sonarr {series} S{}E{}", number(season), number(episode)))
        }
        Source::Radarr => {
            let movie = item(&OF_MOVIE, value("arr_movie_title"), value("arr_movie_year"), value)?;
            Ok(format!("radarr {movie}"))
        }
        Source::Tautulli => Err(IngestReason::TautulliByKey),
    }
}

/// Whether there is an identifier, so that a title alone is not what the run has to go by.
pub fn has_identifier(pairs: &[(String, String)]) -> bool {
    let mut names = OF_SERIES.iter().chain(&OF_MOVIE).map(|(name, _)| name);
    names.any(|name| pairs.iter().any(|(key, value)| key == name && is_identifier(value)))
}

fn item<'a>(
    identifiers: &[(&str, &str)],
    title: &str,
    year: &str,
    value: impl Fn(&str) -> &'a str,
) -> Result<String, IngestReason> {
    let known = identifiers.iter().map(|(name, prefix)| (prefix, value(name))).find(|(_, id)| is_identifier(id));
    if let Some((prefix, id)) = known {
        return Ok(format!("{prefix}-{}", id.to_lowercase()));
    }
    if title.is_empty() {
        return Err(IngestReason::NoSubject);
    }
    let (title, year) = split_year(title, year);
    let year = if year.is_empty() { String::new() } else { format!(" ({year})") };
    Ok(format!("{}{year}", normalised(title)))
}

/// Zero stands for an identifier that is not known.
fn is_identifier(value: &str) -> bool {
    !value.trim().is_empty() && value.trim() != "0"
}

/// A year in parentheses at the end of the title counts like one that is told by itself.
fn split_year<'a>(title: &'a str, year: &'a str) -> (&'a str, &'a str) {
    let year = if year == "0" { "" } else { year };
    let in_title = title.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    match in_title {
        Some((name, digits))
            if digits.len() == 4
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && (year.is_empty() || year == digits)
                && !name.trim().is_empty() =>
        {
            (name.trim_end(), digits)
        }
        _ => (title, year),
    }
}

/// A title without what differs between its writers: case, and spaces, which a trigger file adds where a title looks like
/// its own syntax.
fn normalised(title: &str) -> String {
    title.split_whitespace().flat_map(str::chars).flat_map(char::to_lowercase).collect()
}

/// `2` and `02` are the same episode; of several, joined by commas, each.
fn number(text: &str) -> String {
    let one = |part: &str| part.trim().parse::<u32>().map_or_else(|_| part.trim().to_owned(), |n| format!("{n:02}"));
    text.split(',').map(one).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(source: Source, pairs: &[(&str, &str)]) -> Result<String, IngestReason> {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        of(source, &pairs)
    }

    #[test]
    fn an_identifier_goes_before_the_title_and_a_title_goes_with_its_year() {
        let series = |pairs: &[(&str, &str)]| subject(Source::Sonarr, pairs).unwrap();
        let episode = [("arr_episode_season", "1"), ("arr_episode_numbers", "02")];
        let with = |more: &[(&'static str, &'static str)]| series(&[&episode, more].concat());
        assert_eq!(with(&[("arr_series_title", "Dark"), ("arr_series_tvdb", "334824")]), "sonarr tvdb-334824 S01E02");
        assert_eq!(with(&[("arr_series_tvdb", "0"), ("arr_series_imdb", "TT5753856")]), "sonarr imdb-tt5753856 S01E02");
        let year = ("arr_sonarr_series_year", "2021");
        for title in ["Ghosts", "ghosts", "Ghosts (2021)", " Ghosts  ", "G hosts"] {
            assert_eq!(with(&[("arr_series_title", title), year]), "sonarr ghosts (2021) S01E02", "{title}");
        }
        assert_eq!(with(&[("arr_series_title", "Ghosts (2021)")]), "sonarr ghosts (2021) S01E02");
        let others = [
            with(&[("arr_series_title", "Ghosts"), ("arr_sonarr_series_year", "2019")]),
            with(&[("arr_series_title", "Ghosts (2019)"), year]),
            with(&[("arr_series_title", "Ghosts")]),
            with(&[("arr_series_title", "Ghosts (UK)"), year]),
            with(&[("arr_series_title", "(2021)"), year]),
        ];
        assert!(others.iter().all(|other| other != "sonarr ghosts (2021) S01E02"), "{others:?}");
        assert_eq!(
            subject(Source::Radarr, &[("arr_movie_title", "Heat"), ("arr_movie_year", "1995")]).unwrap(),
            "radarr heat (1995)"
        );
        assert!(subject(Source::Radarr, &[("arr_series_title", "Heat")]).is_err());
    }

    #[test]
    fn what_a_trigger_file_does_to_a_title_does_not_make_another_item_of_it() {
        let title = "Odd]: Title";
        let pairs = [("arr_movie_title".to_owned(), title.to_owned())];
        let read = super::super::trigger_file::parse(&super::super::trigger_file::write(&pairs)).unwrap();
        assert_eq!(read.subject, of(Source::Radarr, &pairs).unwrap());
    }
}
