//! The list of faults in `tests/faults.md` names tests that exist.

use std::{collections::BTreeMap, fs, path::Path};

/// How the list calls the folders, from this crate's own.
const FOLDERS: [(&str, &str); 4] = [
    ("steps", "src/buffer/tests"),
    ("whole", "tests/whole"),
    ("agent", "../../../tests/integration/buffered"),
    ("cli", "../../../tests/e2e/cli"),
];
const FAULTS: u32 = 22;

#[test]
fn every_fault_of_the_list_is_staged_by_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(root.join("tests/faults.md")).unwrap();
    let mut named: BTreeMap<u32, u32> = BTreeMap::new();
    let mut fault = 0;
    for line in list.lines() {
        if let Some((number, _)) = line.split_once(". **") {
            fault = number.parse().unwrap();
        }
        // Every second piece stands between backticks.
        for name in line.split('`').skip(1).step_by(2) {
            let Some((file, test)) = name.split_once("::") else { continue };
            let (folder, file) = file.split_once('/').unwrap();
            let place = FOLDERS.iter().find(|(short, _)| *short == folder).unwrap().1;
            let source = fs::read_to_string(root.join(place).join(format!("{file}.rs"))).unwrap();
            assert!(source.contains(&format!("fn {test}(")), "fault {fault}: there is no test {name}");
            *named.entry(fault).or_default() += 1;
        }
    }
    assert_eq!(named.into_keys().collect::<Vec<_>>(), (1..=FAULTS).collect::<Vec<_>>(), "each has tests");
}
