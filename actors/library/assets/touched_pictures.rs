//! Which pictures are new or other in an index than in an earlier one.

use std::sync::Arc;

use super::index::{Folder, Index};

/// Their paths. Folders that both share are not looked at, so that it costs as much as there is change.
pub fn touched(before: &Index, after: &Index) -> Vec<String> {
    let mut paths = Vec::new();
    compare("", Some(before.root()), after.root(), &mut paths);
    paths
}

fn compare(path: &str, before: Option<&Folder>, after: &Folder, paths: &mut Vec<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    for file in after.files().iter() {
        let earlier = before.and_then(|before| before.files().get(file.name));
        if earlier.is_none_or(|earlier| (earlier.size, earlier.modified) != (file.size, file.modified)) {
            paths.push(below(file.name));
        }
    }
    for folder in after.folders() {
        let earlier = before.and_then(|before| before.child(folder.name()));
        if !earlier.is_some_and(|earlier| Arc::ptr_eq(earlier, folder)) {
            compare(&below(folder.name()), earlier.map(Arc::as_ref), folder, paths);
        }
    }
}
