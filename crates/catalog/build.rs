//! Rebuilds the crate when a rule file comes or goes: embedding tracks the files it knows, not the folder.

fn main() {
    println!("cargo:rerun-if-changed=../../data/rules");
    println!("cargo:rerun-if-changed=../../data/tlds");
}
