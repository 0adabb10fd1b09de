//! No test file is forgotten.

#[test]
fn every_file_is_a_part_of_the_binary() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/it");
    let main = std::fs::read_to_string(format!("{folder}/main.rs")).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_some_and(|extension| extension == "rs") && name != "main" {
            assert!(main.contains(&format!("mod {name};")), "it/{name}.rs is not in it/main.rs");
        }
    }
}
