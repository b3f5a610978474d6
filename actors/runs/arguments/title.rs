//! What a run is about, in a title for people.

use posterizarr_base::command_line::{EVERY_LIBRARY, Parameter};
use posterizarr_base::title;

/// What a run with these arguments is about; none of a run of the whole library, and of what only the media server knows by
/// name, as Tautulli's items.
pub fn title_of(arguments: &[String]) -> Option<String> {
    let value = |name: &str| value(arguments, name);
    if let Some(series) = value("arr_series_title") {
        let season = value("arr_episode_season").and_then(|season| season.trim().parse().ok());
        let numbers = value("arr_episode_numbers").unwrap_or_default().split(',');
        let episodes = numbers.filter_map(|number| Some((season?, number.trim().parse().ok()?)));
        return Some(title::with_episodes(series, episodes));
    }
    if let Some(movie) = value("arr_movie_title") {
        return Some(title::with_year(movie, value("arr_movie_year").unwrap_or_default()));
    }
    let named = [
        Parameter::FolderName,
        Parameter::RestoreItem,
        Parameter::RestoreLibrary,
        Parameter::LibraryToReset,
        Parameter::LibraryToRestyle,
        Parameter::LibraryName,
    ];
    let named = named.into_iter().find_map(|parameter| value(parameter.name())).filter(|name| *name != EVERY_LIBRARY);
    named.map(|name| title::without_ids(name).into_owned()).or_else(|| remade(arguments))
}

/// The titles of assets that are made again.
fn remade(arguments: &[String]) -> Option<String> {
    let joined = format!("-{}:", Parameter::Remake);
    let paths = arguments.iter().filter_map(|argument| argument.strip_prefix(&joined));
    let folders = paths.filter_map(|path| path.rsplit('/').nth(1));
    let mut titles: Vec<String> = folders.map(|folder| title::without_ids(folder).into_owned()).collect();
    titles.dedup();
    title::named(titles)
}

/// The value of a parameter: the next element, or what follows its colon.
fn value<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    let after_name = |argument: &'a String| argument.strip_prefix('-')?.strip_prefix(name);
    let mut rest = arguments.iter();
    let found =
        rest.by_ref().find_map(|argument| after_name(argument).filter(|end| end.is_empty() || end.starts_with(':')))?;
    found.strip_prefix(':').or_else(|| rest.next().map(String::as_str)).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::{LogoChange, RunRequest};

    fn of(given: &[&str]) -> Option<String> {
        title_of(&given.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_run_is_called_by_what_is_in_its_arguments() {
        for (given, wanted) in [
            (vec!["-ArrTrigger", "-arr_movie_title", "Heat", "-arr_movie_year", "1995"], "Heat (1995)"),
            (
                vec![
                    "-ArrTrigger",
                    "-arr_series_title",
                    "Dark",
                    "-arr_episode_season",
                    "1",
                    "-arr_episode_numbers",
                    "2,3",
                ],
                "Dark, S01E02, S01E03",
            ),
            (vec!["-ArrTrigger", "-arr_series_title", "Dark"], "Dark"),
            (
                vec!["-Manual", "-Titletext:-30-", "-FolderName", "Ronin (1998) {tmdb-8195}", "-LibraryName", "Movies"],
                "Ronin (1998)",
            ),
            (vec!["-LibraryToRestyle:Movies", "-DryRun"], "Movies"),
            (vec!["-Remake:Movies/Heat (1995)/poster", "-Remake:Movies/Heat (1995)/background"], "Heat (1995)"),
        ] {
            assert_eq!(of(&given).as_deref(), Some(wanted), "{given:?}");
        }
    }

    #[test]
    fn a_run_of_the_whole_library_is_about_nothing_in_particular() {
        for given in [vec![], vec!["-UISchedule"], vec!["-Tautulli", "-RatingKey", "1"], vec!["-arr_movie_title"]] {
            assert_eq!(of(&given), None, "{given:?}");
        }
        let logos = |library| title_of(&RunRequest::logos(library, LogoChange::Fill).unwrap().arguments());
        assert_eq!((logos("all"), logos("Movies").as_deref()), (None, Some("Movies")));
    }
}
