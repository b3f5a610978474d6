//! Answers that were masked a moment ago. Who polls gets the same answer again and again, and comparing it costs a small part
//! of searching it for secrets.

use std::cell::RefCell;
use std::collections::VecDeque;

use actix_web::web::Bytes;
use posterizarr_base::redact::{self, Depth};

use super::Form;

/// How many are kept by each thread.
const MAX_COUNT: usize = 16;
/// Larger ones are not kept, in bytes.
const MAX_SIZE: usize = 64 * 1024;

struct Masked {
    form: Form,
    depth: Depth,
    /// Of the known secrets.
    generation: u64,
    text: Bytes,
    masked: Bytes,
}

thread_local! {
    static RECENT: RefCell<VecDeque<Masked>> = const { RefCell::new(VecDeque::new()) };
}

/// The text as `mask` makes it, from memory where the same text was masked in the same way a moment ago.
pub fn masked(text: Bytes, form: Form, depth: Depth, mask: impl FnOnce(&Bytes) -> Bytes) -> Bytes {
    if text.len() > MAX_SIZE {
        return mask(&text);
    }
    let generation = redact::generation();
    let is_it =
        |kept: &&Masked| (kept.form, kept.depth, kept.generation) == (form, depth, generation) && kept.text == text;
    let found = RECENT.with_borrow(|recent| recent.iter().find(is_it).map(|kept| kept.masked.clone()));
    found.unwrap_or_else(|| {
        let masked = mask(&text);
        let kept = Masked { form, depth, generation, text: text.clone(), masked: masked.clone() };
        RECENT.with_borrow_mut(|recent| {
            recent.truncate(MAX_COUNT - 1);
            recent.push_front(kept);
        });
        masked
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use posterizarr_base::redact::Owner;

    /// Masks with a mark of its own, so that it shows whether it was asked.
    fn ask(text: &'static str, depth: Depth, mark: &'static str) -> Bytes {
        masked(Bytes::from_static(text.as_bytes()), Form::Json, depth, |_| Bytes::from_static(mark.as_bytes()))
    }

    #[test]
    fn only_the_same_text_in_the_same_way_with_the_same_secrets_comes_from_memory() {
        let owner = Owner::new("recent-test");
        assert_eq!(ask("a", Depth::Text, "1"), "1");
        assert_eq!(ask("b", Depth::Text, "2"), "2");
        assert_eq!(ask("a", Depth::Names, "3"), "3");
        // Other tests of this process may change secrets at any moment: then it is masked again.
        assert!(["1", "4"].iter().any(|mark| ask("a", Depth::Text, "4") == *mark));
        owner.tell(["a-secret-of-mine-1".to_owned()]);
        assert_eq!(ask("a", Depth::Text, "5"), "5");
        for n in 0..MAX_COUNT {
            let text: &'static str = Box::leak(format!("other {n}").into_boxed_str());
            ask(text, Depth::Text, "x");
        }
        assert_eq!(ask("a", Depth::Text, "6"), "6", "so many are kept, and not more");
    }
}
