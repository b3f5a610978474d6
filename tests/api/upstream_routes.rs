//! Every route of Posterizarr's own backends: those of 2.1.15, and what 3.1.3 added. (It removed none.)

use std::collections::BTreeSet;

use super::harness::TestApp;

const OF_2: &str = include_str!("upstream_2.txt");
const ADDED_BY_3: &str = include_str!("upstream_3.txt");

/// A route, whatever it calls what stands in its path.
fn shape(route: &str) -> String {
    let segments = route.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn listed(lists: &[&str]) -> BTreeSet<String> {
    lists.iter().flat_map(|list| list.lines()).map(shape).collect()
}

#[actix_web::test]
async fn no_route_of_version_2_or_3_is_missing() {
    assert_eq!((listed(&[OF_2]).len(), listed(&[OF_2, ADDED_BY_3]).len()), (124, 150));
    let app = TestApp::start();
    let document = app.get("/openapi.json").await.json();
    let operations = document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(move |method| shape(&format!("{} {path}", method.to_uppercase())))
    });
    let ours: BTreeSet<_> = operations.collect();
    let missing: Vec<_> = listed(&[OF_2, ADDED_BY_3]).difference(&ours).cloned().collect();
    assert_eq!(missing, [""; 0]);
}
