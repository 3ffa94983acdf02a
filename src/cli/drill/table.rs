//! `trueup drill --table`

use crate::cli::ending::{Done, Failure};
use crate::diag::Diag;
use crate::drill::report::{Report, VERSION};
use crate::drill::table;
use crate::report;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Prints what the reports in these folders, or in folders in them, came to.
pub fn run(folders: &[PathBuf]) -> Result<Done, Failure> {
    let mut reports = Vec::new();
    for folder in folders {
        for entry in WalkDir::new(folder) {
            let entry = entry.map_err(|error| {
                let says = format!("can't read {}: {error}", folder.display());
                Failure::input(Diag::error(says))
            })?;
            if entry.file_name() == "report.json" {
                reports.push(read(entry.path())?);
            }
        }
    }
    if reports.is_empty() {
        let diag = Diag::error("no report.json of a drill is there");
        return Err(Failure::input(
            diag.help("`make drill-all` runs drills and keeps their reports"),
        ));
    }
    report::print(&table(&reports));
    Ok(Done::Well)
}

fn read(path: &Path) -> Result<Report, Failure> {
    let refused = |why: String| {
        let diag = Diag::error(format!("{} is no report of a drill: {why}", path.display()));
        Failure::input(diag.help("run the drill again, or leave this folder out"))
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    let report: Report = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    if report.version == VERSION {
        Ok(report)
    } else {
        Err(refused(format!(
            "its version is {}, not {VERSION}",
            report.version
        )))
    }
}
