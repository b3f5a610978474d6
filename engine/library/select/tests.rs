use super::*;
use Provider::{Fanart, Server, Tmdb, Tvdb};
use posterizarr_base::artwork::{LANDSCAPE, PORTRAIT};

const STILL: Subject = Subject::Episode { season: 1, episode: 1 };

fn languages(words: &str) -> Languages {
    Languages::new(&words.split(' ').map(str::to_owned).collect::<Vec<_>>())
}

fn rules(favourite: Provider, order: &str) -> Rules {
    let [poster, season, background, card] = [(); 4].map(|()| languages(order));
    Rules {
        favourite,
        order: None,
        poster,
        season,
        background,
        card,
        min_size: None,
        sorting: Sorting::Average,
        show_fallback: false,
        background_fallback: true,
        background_as_card: false,
        logo: Vec::new(),
    }
}

/// Pictures in words: `lang/rating`, `-` is textless, a trailing `s` makes it small. Their addresses are the words.
fn found(name: &str, words: &str) -> Reply {
    let picture = |word: &str| {
        let (language, rest) = word.split_once('/').unwrap_or((word, "1"));
        let small = rest.ends_with('s');
        Picture {
            url: format!("{name}:{word}"),
            language: Some(language.to_owned()).filter(|language| language != "-"),
            width: if small { 500 } else { 4000 },
            height: if small { 750 } else { 4000 },
            rating: rest.trim_end_matches('s').parse().unwrap(),
            votes: 0,
        }
    };
    let pictures = words.split_whitespace().map(picture).collect();
    Reply::Found(Found { pictures, page: Some(format!("{name}-page")) })
}

/// Chooses with these replies; providers that are not among them cannot be asked. Gives the picture, the fallback and whom it asked.
fn choose(rules: &Rules, subject: Subject, given: &[(Provider, Subject, Reply)]) -> (Choice, Vec<(Provider, Subject)>) {
    let (mut replies, mut asked) = (Replies::new(), Vec::new());
    let broken = HashSet::from(["tmdb:-/99".to_owned()]);
    loop {
        let selection =
            Selection { rules, kind: ItemKind::Show, has_tvdb_id: true, replies: &replies, broken: &broken };
        match selection.choose(subject) {
            Ok(choice) => return (choice, asked),
            Err(ProviderQuery { provider, subject }) => {
                asked.push((provider, subject));
                let reply = given.iter().find(|(by, about, _)| (*by, *about) == (provider, subject));
                replies.insert((provider, subject), reply.map_or(Reply::NotAsked, |(.., reply)| reply.clone()));
            }
        }
    }
}

#[test]
fn providers_and_languages_decide_as_the_table_says() {
    let all = |tmdb: &str, fanart: &str, tvdb: &str| {
        [(Tmdb, found("tmdb", tmdb)), (Fanart, found("fanart", fanart)), (Tvdb, found("tvdb", tvdb))]
            .map(|(provider, reply)| (provider, Subject::Poster, reply))
    };
    // favourite, language order, TMDB, Fanart.tv, TVDB => picture, fallback
    for (favourite, order, pictures, wanted, fallback) in [
        (Tmdb, "xx en de", all("-/1 -/3 en/9", "-/9", "-/9"), Some("tmdb:-/3"), Fallback::No),
        (Tmdb, "xx en de", all("-/99 -/3", "", ""), Some("tmdb:-/3"), Fallback::No),
        (Tmdb, "xx en de", all("en/9 de/10", "en/1", "-/1"), Some("tvdb:-/1"), Fallback::Yes),
        (Tmdb, "xx en de", all("en/9 de/10", "en/1", "en/1"), Some("tmdb:de/10"), Fallback::Yes),
        (Tvdb, "xx en de", all("en/9", "en/1", "fr/1 it/2"), Some("tvdb:it/2"), Fallback::Yes),
        (Tmdb, "xx en de", all("it/9", "", ""), None, Fallback::No),
        (Tmdb, "xx", all("en/9", "en/1", "en/1"), None, Fallback::No),
        (Tmdb, "en de xx", all("de/9 -/10", "en/1", ""), Some("tmdb:de/9"), Fallback::No),
        (Tmdb, "de en", all("en/9 fr/10 de/1", "", ""), Some("tmdb:de/1"), Fallback::No),
        (Fanart, "xx en", all("-/1", "en/1 -/2", "-/1"), Some("fanart:-/2"), Fallback::No),
        (Fanart, "xx en", all("-/1", "", "-/1"), Some("tmdb:-/1"), Fallback::Yes),
        (Server, "xx en", all("-/1", "", ""), Some("tmdb:-/1"), Fallback::Yes),
    ] {
        let (choice, _) = choose(&rules(favourite, order), Subject::Poster, &pictures);
        let picture = choice.picture.as_ref().map(|picture| picture.url.as_str());
        assert_eq!(
            (picture, choice.fallback),
            (wanted, fallback),
            "{favourite:?} {order} {pictures:?}: {}",
            Why::reason(&choice.why).text
        );
    }
}

#[test]
fn nobody_is_asked_in_vain() {
    let given = [(Tmdb, Subject::Poster, found("tmdb", "-/1"))];
    let (choice, asked) = choose(&rules(Tmdb, "xx en"), Subject::Poster, &given);
    assert_eq!(asked, [(Tmdb, Subject::Poster)]);
    assert_eq!(choice.link.as_deref(), Some("tmdb-page"));
    assert_eq!(Why::reason(&choice.why).text, "the best textless picture of TMDB, the favourite");
}

#[test]
fn the_servers_picture_comes_first_or_last_and_never_where_text_is_forbidden() {
    let own = |subject| (Server, subject, Reply::Own("/library/1".into()));
    let given = [own(Subject::Poster), (Tmdb, Subject::Poster, found("tmdb", "-/1"))];
    let (choice, _) = choose(&rules(Server, "xx en"), Subject::Poster, &given);
    assert_eq!((choice.picture.unwrap().text, choice.fallback, choice.link), (Text::Unknown, Fallback::No, None));
    let (choice, _) = choose(&rules(Tmdb, "xx en"), Subject::Poster, &[own(Subject::Poster)]);
    assert_eq!((choice.picture.unwrap().provider, choice.fallback), (Server, Fallback::Yes));
    let (choice, _) = choose(&rules(Tmdb, "xx"), Subject::Poster, &[own(Subject::Poster)]);
    assert_eq!(choice.picture, None);
    // An order of the user's own has it where it stands, and nowhere else.
    let ordered = Rules { order: Some(vec![Tmdb]), ..rules(Tmdb, "xx en") };
    assert_eq!(choose(&ordered, Subject::Poster, &[own(Subject::Poster)]).0.picture, None);
}

#[test]
fn seasons_and_cards_get_substitutes_where_that_is_allowed() {
    let season = Subject::Season(1);
    let given = [(Tmdb, Subject::Poster, found("tmdb", "-/1")), (Tmdb, season, found("season", ""))];
    assert_eq!(choose(&rules(Tmdb, "xx en"), season, &given).0.picture, None);
    let allowed = Rules { show_fallback: true, ..rules(Tmdb, "xx en") };
    let (choice, _) = choose(&allowed, season, &given);
    assert_eq!(
        (choice.fallback, choice.link.as_deref(), choice.shows),
        (Fallback::Yes, Some("season-page"), Subject::Poster)
    );
    let given = [(Tmdb, Subject::Background, found("tmdb", "-/1"))];
    let (choice, asked) = choose(&rules(Tmdb, "xx en"), STILL, &given);
    assert_eq!((choice.fallback, choice.shows), (Fallback::Background, Subject::Background));
    assert_eq!(choice.link.as_deref(), Some("tmdb-page"), "the favourite was only asked for the substitute");
    assert!(!asked.contains(&(Fanart, STILL)), "{asked:?}");
    let forbidden = Rules { background_fallback: false, ..rules(Tmdb, "xx en") };
    assert_eq!(choose(&forbidden, STILL, &given).0.picture, None);
    let background = Rules { background_as_card: true, ..rules(Tmdb, "xx en") };
    assert_eq!(choose(&background, STILL, &given).0.fallback, Fallback::No);
}

#[test]
fn fanarts_backgrounds_count_as_textless_first_whatever_the_order() {
    let given = [(Fanart, Subject::Background, found("fanart", "en/9 -/1"))];
    let picture = |order| choose(&rules(Fanart, order), Subject::Background, &given).0.picture.unwrap().url;
    assert_eq!(picture("en xx"), "fanart:-/1");
    let given = [(Fanart, Subject::Background, found("fanart", "fr/9"))];
    assert_eq!(choose(&rules(Fanart, "en xx"), Subject::Background, &given).0.picture.unwrap().url, "fanart:fr/9");
}

#[test]
fn small_pictures_are_left_out_but_not_fanarts() {
    let rules = Rules { min_size: Some(MinSize { portrait: PORTRAIT, landscape: LANDSCAPE }), ..rules(Tmdb, "xx en") };
    let given = [(Tmdb, Subject::Poster, found("tmdb", "-/9s -/1"))];
    assert_eq!(choose(&rules, Subject::Poster, &given).0.picture.unwrap().url, "tmdb:-/1");
    let given = [(Fanart, Subject::Poster, found("fanart", "-/9s"))];
    assert_eq!(choose(&rules, Subject::Poster, &given).0.picture.unwrap().url, "fanart:-/9s");
}

#[test]
fn a_choice_without_a_provider_that_did_not_answer_is_provisional() {
    let given = [(Tmdb, Subject::Poster, Reply::NoAnswer), (Fanart, Subject::Poster, found("fanart", "-/1"))];
    let (choice, _) = choose(&rules(Tmdb, "xx en"), Subject::Poster, &given);
    assert_eq!(choice.unanswered, [ProviderQuery { provider: Tmdb, subject: Subject::Poster }]);
    assert!(choice.picture.is_some() && choice.link.is_none());
    let given = [(Tmdb, Subject::Poster, found("tmdb", "-/1")), (Tvdb, Subject::Poster, Reply::NoAnswer)];
    assert!(choose(&rules(Tmdb, "xx en"), Subject::Poster, &given).0.unanswered.is_empty());
}

fn logo(url: &str, language: Option<&str>, rating: f64, votes: u32) -> Picture {
    let language = language.map(str::to_owned);
    Picture { url: url.into(), language, width: 1, height: 1, rating, votes }
}

#[test]
fn the_dearest_language_wins_and_the_best_logo_in_it() {
    let logos = [
        logo("a.png", Some("en"), 1.0, 9),
        logo("b.PNG", Some("en"), 2.0, 3),
        logo("c.svg", Some("fr"), 9.0, 9),
        logo("d.png", None, 9.0, 9),
    ];
    let languages = ["de", "en"].map(str::to_owned);
    let chosen = |provider, sorting| best_logo(provider, logos.to_vec(), &languages, sorting).map(|logo| logo.url);
    assert_eq!(chosen(Provider::Tmdb, Sorting::Average).as_deref(), Some("b.PNG"));
    assert_eq!(chosen(Provider::Tmdb, Sorting::Votes).as_deref(), Some("a.png"));
    assert_eq!(chosen(Provider::Fanart, Sorting::Average).as_deref(), Some("a.png"));
    assert_eq!(best_logo(Provider::Tvdb, logos.to_vec(), &["it".to_owned()], Sorting::Average), None);
}
