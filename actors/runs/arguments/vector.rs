//! An argument vector in the making.

/// The elements so far.
#[derive(Default)]
pub struct Arguments {
    pub list: Vec<String>,
}

impl Arguments {
    /// Adds a parameter without a value.
    pub fn switch(&mut self, name: &str) {
        self.list.push(name.to_owned());
    }

    /// Adds a parameter with its value.
    pub fn value(&mut self, name: &str, value: &str) {
        if begins_with_dash(value) {
            self.list.push(format!("-{name}:{value}"));
        } else {
            self.list.extend([format!("-{name}"), value.to_owned()]);
        }
    }

    /// Adds a parameter with its value in the same element, which may then hold anything.
    pub fn joined(&mut self, name: &str, value: &str) {
        self.list.push(format!("-{name}:{value}"));
    }
}

/// Whether PowerShell takes this for a parameter: it also knows the typographic dashes.
pub fn begins_with_dash(value: &str) -> bool {
    value.starts_with(['-', '\u{2013}', '\u{2014}', '\u{2015}'])
}
