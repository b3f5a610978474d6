//! What is understood, as the daemon and others send it.

use super::*;

fn parse(line: &str) -> Result<Request, ArgumentError> {
    Request::parse(&line.split('|').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>())
}

#[test]
fn what_the_daemon_sends_is_understood() {
    assert_eq!(parse("-Testing"), Ok(Request::Testing));
    let line = "-Manual|-PicturePath|/p.jpg|-TitleCard|-Titletext|Lies|-FolderName|Dark (2017)|-LibraryName|TV|-EPTitleName|Lies|-SeasonPosterName|Season 1|-EpisodeNumber|2";
    let Ok(Request::Manual(manual)) = parse(line) else { panic!("{:?}", parse(line)) };
    assert_eq!(manual.card, Card::Episode(Episode { season: 1, episode: 2 }));
    assert_eq!((manual.title.as_str(), manual.of), ("Lies", None));
}

#[test]
fn a_seasons_name_may_have_its_number_beside_it() {
    for name in ["Book One | Season 03", "Season 3 | Book One", "Season 3"] {
        let line = format!(
            "-Manual|-PicturePath|p|-SeasonPoster|-FolderName|f|-LibraryName|l|-SeasonPosterName:{}",
            name.replace('|', "\u{1}")
        );
        let line: Vec<String> = line.split('|').map(|part| part.replace('\u{1}', "|")).collect();
        let Ok(Request::Manual(manual)) = Request::parse(&line) else { panic!("{name}") };
        assert_eq!(manual.card, Card::Season { name: name.into(), number: 3 });
    }
}

#[test]
fn names_have_any_case_and_values_may_begin_with_a_dash() {
    let line = "-manual|-picturepath:http://a/b:c.jpg|-TITLETEXT:-30-|-FolderName|\"F\"|-LibraryName|L|-backgroundcard|-MoviePosterCard";
    let Ok(Request::Manual(manual)) = parse(line) else { panic!("{:?}", parse(line)) };
    assert_eq!(
        (manual.picture.as_str(), manual.title.as_str(), manual.folder.as_str()),
        ("http://a/b:c.jpg", "-30-", "F")
    );
    assert_eq!((manual.card, manual.of), (Card::Background, Some(ItemKind::Movie)));
}

fn library(line: &str) -> LibraryRun {
    let Ok(Request::Library(library)) = parse(line) else { panic!("{:?}", parse(line)) };
    library
}

#[test]
fn without_a_mode_the_whole_library_is_meant() {
    assert_eq!(library(""), LibraryRun::new(Mode::Normal, Scope::All));
    assert_eq!(library("-UISchedule"), LibraryRun::new(Mode::Scheduled, Scope::All));
    let dry_run_of_all = library("-dryrun|-Fresh|-UISchedule");
    assert!(dry_run_of_all.dry_run && dry_run_of_all.fresh && dry_run_of_all.mode == Mode::Scheduled);
    assert!(Request::Library(dry_run_of_all).is_dry_run() && !Request::Testing.is_dry_run());
}

#[test]
fn what_is_there_is_made_again_by_library_or_by_name() {
    let task = |line: &str| library(line).task;
    assert_eq!(task("-Restyle"), Task::Restyle(None));
    assert_eq!(task("-Restyle|-LibraryToRestyle:TV: Kids"), Task::Restyle(Some("TV: Kids".into())));
    let line = "-Remake:Movies/Heat (1995)/poster|-Remake|Movies/Ronin/background";
    assert_eq!(task(line), Task::Remake(vec!["Movies/Heat (1995)/poster".into(), "Movies/Ronin/background".into()]));
    assert_eq!((library(line).mode, library("-Restyle|-DryRun").mode), (Mode::Remake, Mode::Restyle));
    for (line, error) in [
        ("-Testing|-DryRun", ArgumentError::NotOverLibrary("DryRun")),
        ("-LibraryToRestyle|A", ArgumentError::GoesWith("LibraryToRestyle", "Restyle")),
        ("-Restyle|-Remake|A/b", ArgumentError::TwoTasks),
        ("-Restyle|-Tautulli|-RatingKey|1|-mediatype|movie", ArgumentError::TwoTasks),
        ("-Remake|../b", ArgumentError::Asset("../b".into())),
        ("-Remake|", ArgumentError::NoValue("Remake")),
    ] {
        assert_eq!(parse(line), Err(error), "{line}");
    }
}

#[test]
fn artwork_is_saved_given_back_copied_and_reset() {
    let of = |line: &str| {
        let run = library(line);
        (run.mode, run.task, run.scope)
    };
    assert_eq!(of("-Backup"), (Mode::Backup, Task::Backup, Scope::All));
    assert_eq!(of("-SyncJelly"), (Mode::SyncJelly, Task::Sync(Dialect::Jellyfin), Scope::All));
    assert_eq!(of("-syncemby|-DryRun"), (Mode::SyncEmby, Task::Sync(Dialect::Emby), Scope::All));
    assert_eq!(of("-Restore"), (Mode::Restore, Task::Restore(None), Scope::All));
    let named = |library: Option<&str>, item: Option<&str>| {
        Scope::Named(Named { library: library.map(str::to_owned), item: item.map(str::to_owned) })
    };
    let reset = of("-PosterReset|-LibraryToReset|TV \"HD\"");
    assert_eq!(reset, (Mode::Reset, Task::Reset, named(Some("TV \"HD\""), None)));
    let logos = of("-LogoUpdater|-LibraryName|All|-ForceReplace");
    assert_eq!(logos, (Mode::LogoUpdater, Task::UpdateLogos { replace: true }, Scope::All));
    assert_eq!(of("-LogoRevert|-LibraryName|TV"), (Mode::LogoRevert, Task::RevertLogos, named(Some("TV"), None)));
    let one = of("-Restore|-RestoreLibrary|TV|-RestoreItem:-30-|-RestoreType|Episode");
    assert_eq!(one, (Mode::Restore, Task::Restore(Some(ArtworkKind::TitleCard)), named(Some("TV"), Some("-30-"))));
    for (line, error) in [
        ("-PosterReset", ArgumentError::Missing("LibraryToReset")),
        ("-PosterReset|-LibraryToReset| ", ArgumentError::Missing("LibraryToReset")),
        ("-RestoreItem|Heat", ArgumentError::GoesWith("RestoreItem", "Restore")),
        ("-LibraryToReset|TV", ArgumentError::GoesWith("LibraryToReset", "PosterReset")),
        ("-Restore|-RestoreType|logo", ArgumentError::RestoreType("logo".into())),
        ("-LogoUpdater", ArgumentError::Missing("LibraryName")),
        ("-LogoUpdater|-LogoRevert|-LibraryName|TV", ArgumentError::TwoTasks),
        ("-Backup|-Restore", ArgumentError::TwoTasks),
        ("-SyncJelly|-SyncEmby", ArgumentError::TwoTasks),
        ("-Backup|-Tautulli|-RatingKey|1|-mediatype|movie", ArgumentError::TwoTasks),
        ("-Testing|-Backup", ArgumentError::NotOverLibrary("Backup")),
    ] {
        assert_eq!(parse(line), Err(error), "{line}");
    }
}

#[test]
fn tautulli_tells_of_the_show_whatever_was_added() {
    for (line, key) in [
        ("-RatingKey|1|-mediatype|movie", "1"),
        ("-RatingKey|2|-mediatype|season|-parentratingkey|3", "3"),
        ("-RatingKey|2|-mediatype|episode|-parentratingkey|3|-grandparentratingkey|4", "4"),
        ("-RatingKey|2|-mediatype|episode|-parentratingkey|3|-grandparentratingkey:", "3"),
    ] {
        assert_eq!(library(&format!("-Tautulli|{line}")).scope, Scope::Key(key.into()), "{line}");
    }
    assert_eq!(parse("-Tautulli|-RatingKey|1"), Err(ArgumentError::Missing("mediatype")));
    let played = library("-Tautulli|-RatingKey|2|-mediatype|episode|-grandparentratingkey|4|-action|watched");
    assert_eq!(played.scope, Scope::Episode { show: "4".into(), episode: "2".into() });
    assert!(!played.is_triggered(), "it is looked at as every other asset");
    assert_eq!(parse("-action|watched"), Err(ArgumentError::GoesWith("action", "Tautulli")));
}

/// R-5 of the reference, which took a title with a dash for a name.
#[test]
fn sonarr_and_radarr_tell_titles_with_dashes_and_names_without_values() {
    let line = "-ArrTrigger|-arr_platform|Radarr|-event|Download|-arr_movie_title|-30-|-arr_movie_tmdb|0|-arr_movie_imdb|-arr_movie_year|1959";
    let Scope::Sought(movie) = library(line).scope else { panic!("{line}") };
    assert_eq!((movie.title.as_str(), movie.year, movie.ids), ("-30-", Some(1959), Ids::default()));
    let line = "-ArrTrigger|-arr_platform|Sonarr|-arr_series_title|Dark|-arr_series_tvdb|7|-arr_episode_season|1|-arr_episode_numbers|1,2";
    let Scope::Sought(show) = library(line).scope else { panic!("{line}") };
    assert_eq!((show.ids.tvdb.as_deref(), show.episodes), (Some("7"), Some((1, vec![1, 2]))));
    let missing = parse("-ArrTrigger|-arr_platform|Radarr");
    assert_eq!(missing, Err(ArgumentError::Missing("arr_movie_title")));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    assert_eq!(parse("-Manual|-PicturePath"), Err(ArgumentError::NoValue("PicturePath")));
    assert_eq!(parse("-Manual|-PicturePath|a|-Titletext|"), Err(ArgumentError::NoValue("Titletext")));
    assert_eq!(parse("-Manual|-PicturePath|a"), Err(ArgumentError::Missing("FolderName")));
    assert_eq!(parse("-Testing|now"), Err(ArgumentError::Unknown("now".into())));
    let season = "-Manual|-SeasonPoster|-PicturePath|a|-FolderName|f|-LibraryName|l|-SeasonPosterName|first";
    assert_eq!(parse(season), Err(ArgumentError::Season("first".into())));
}
