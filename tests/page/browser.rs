//! Chromium, which shows a page and says what it made of it.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How wide the window is, and whether it is dark.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub width: u32,
    pub dark: bool,
}

/// A folder under `target/tmp` in which the page and what was measured of it stay to be looked at.
pub fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What `measure.js` says of the page in that window.
pub fn measure(name: &str, page: &str, window: Window) -> Value {
    let file = folder().join(format!(
        "{name}-{}{}.html",
        window.width,
        if window.dark { "-dark" } else { "" }
    ));
    fs::write(folder().join(format!("{name}.html")), page).unwrap();
    fs::write(&file, beside(page, window)).unwrap();
    let light = u8::from(!window.dark);
    let scheme = format!("--blink-settings=preferredColorScheme={light}");
    let words = ["--window-size=1400,3000", "--dump-dom", &scheme];
    let dom = chromium(&file, &words);
    let marked = dom
        .split_once("<pre id=\"said\">")
        .and_then(|(_, rest)| rest.split_once("</pre>"));
    let (said, _) =
        marked.unwrap_or_else(|| panic!("{}: nothing was measured: {dom}", file.display()));
    serde_json::from_str(
        &said
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
    .unwrap()
}

/// A page that shows the page in a frame of that width, which a window of the browser's own could
/// not be, hears its errors, and measures it when it stands.
fn beside(page: &str, window: Window) -> String {
    let heard = page.replacen(
        "<head>",
        "<head><script>onerror = console.error = (words) => { parent.errors.push(String(words)); };\
         addEventListener('securitypolicyviolation', (event) => parent.errors.push(`${event.violatedDirective} ${event.blockedURI}`));</script>",
        1,
    );
    let escaped = heard.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<!doctype html><meta charset=\"utf-8\"><script>window.errors = [];\n{}</script>\
         <iframe scrolling=\"no\" srcdoc=\"{escaped}\" style=\"border:0;height:3000px;width:{}px\"></iframe><pre id=\"said\"></pre>\
         <script>onload = () => {{ let said; try {{ said = measure(document.querySelector('iframe')); }} \
         catch (error) {{ said = {{ failed: String(error.stack) }}; }} \
         document.getElementById('said').textContent = JSON.stringify(said); \
         document.querySelector('iframe').remove(); }};</script>",
        include_str!("measure.js"),
        window.width
    )
}

/// How many sheets of paper the page takes.
pub fn sheets(name: &str, page: &str) -> usize {
    let file = folder().join(format!("{name}-print.html"));
    let pdf = folder().join(format!("{name}.pdf"));
    fs::write(&file, page).unwrap();
    let paper = format!("--print-to-pdf={}", pdf.display());
    chromium(&file, &["--no-pdf-header-footer", &paper]);
    let pdf = fs::read(&pdf).unwrap();
    let pdf = String::from_utf8_lossy(&pdf);
    pdf.matches("/Type /Page").count() - pdf.matches("/Type /Pages").count()
}

fn chromium(file: &Path, words: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut chromium = Command::new("timeout");
    chromium.args(["--kill-after=5", "60", "chromium"]);
    chromium.args([
        "--headless",
        // Its sandbox needs what neither root nor a container has; the page is our own.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]);
    chromium.args(words);
    chromium.arg(format!("--user-data-dir={}", home.path().display()));
    chromium.arg(format!("file://{}", file.display()));
    // Where there is no home, it would write into the root folder.
    chromium.env("HOME", home.path());
    let output = chromium.output().unwrap();
    assert!(
        output.status.success(),
        "chromium ended with {}; `make test-deps` installs it: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
