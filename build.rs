//! Gathers what each module's source says of it at its head, for `trueup doc`: the words stand once.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=src/modules");
    let mut table = "&[\n".to_owned();
    for file in sources(Path::new("src/modules"))? {
        let text = fs::read_to_string(&file)?;
        let head: Vec<&str> = text
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        let path = file.with_extension("").display().to_string();
        let path = path.strip_prefix("src/").unwrap_or(&path);
        let path = path.strip_suffix("/mod").unwrap_or(path).replace('/', "::");
        // Writing to a String can't fail.
        let _ = writeln!(table, "({path:?}, {:?}),", head.join("\n"));
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    fs::write(out.join("heads.rs"), table)
}

fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
