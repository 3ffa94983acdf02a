//! Template files.

use super::*;

fn rendered(vars: &str, file: &str) -> Result<String, RenderError> {
    templar(vars).file(
        &Source::new("pg_hba.conf.j2", file),
        &FileOptions::default(),
    )
}

#[test]
fn a_file_says_in_its_first_line_how_it_wants_to_be_read() {
    let body = "{% if true %}\n  {% if true %}\nx{{ 'a\\tb' }}\n  {% endif %}\n{% endif %}\nend\n";
    assert_eq!(rendered("", body).unwrap(), "  xa\tb\n  end\n");
    assert_eq!(
        rendered("", &format!("#jinja2: lstrip_blocks: True\n{body}")).unwrap(),
        "xa\tb\nend\n"
    );
    assert_eq!(
        rendered("", &format!("#jinja2: trim_blocks: False\n{body}")).unwrap(),
        "\n  \nxa\tb\n  \n\nend\n"
    );
    let own = "#jinja2: variable_start_string: '[[', variable_end_string: ']]'\n[[ n ]] {{ n }}\n";
    assert_eq!(rendered("n: 1", own).unwrap(), "1 {{ n }}\n");
    assert_snapshot!(failure(rendered("", "#jinja2: trim_block: True\n")), @r#"pg_hba.conf.j2:1:1: `trim_block: True` is not a setting of templates; write the first line as `#jinja2: trim_blocks: False, lstrip_blocks: True`"#);
}

#[test]
fn an_error_in_a_file_points_into_the_file() {
    assert_snapshot!(failure(rendered("users: [{name: a}]", "# {{ 1 }}\n{% for u in users %}\nhost {{ u.nmae }}\n{% endfor %}\n")), @r#"pg_hba.conf.j2:3:9: `u.nmae` is undefined; say what holds then, with `| default(...)`"#);
    assert_snapshot!(failure(rendered("", "ok\n  {{ addres }}\n")), @r#"pg_hba.conf.j2:2:6: `addres` is undefined"#);
    assert_snapshot!(failure(rendered("", "ok\n{% if x %}\n")), @r#"pg_hba.conf.j2:2:9: unexpected end of input, expected end of block"#);
    assert_snapshot!(failure(rendered("bad: '{{ worse }}'", "x\ny {{ bad }}\n")), @r#"
vars.yml:1:10: `worse` is undefined
  pg_hba.conf.j2:2:6: needed here
"#);
}

#[test]
fn files_include_what_stands_next_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let templates = folder.path().join("templates");
    std::fs::create_dir_all(templates.join("parts")).unwrap();
    std::fs::write(
        templates.join("parts/inner.j2"),
        "inner {{ n }} {% include 'top.j2' %}",
    )
    .unwrap();
    std::fs::write(templates.join("top.j2"), "top").unwrap();
    std::fs::write(
        templates.join("macros.j2"),
        "{% macro m(x) %}<{{ x }}{{ n }}>{% endmacro %}",
    )
    .unwrap();
    let main = templates.join("main.j2");
    let render = |body: &str| {
        templar("n: 1").file(
            &Source::new(main.to_string_lossy(), body),
            &FileOptions::default(),
        )
    };
    assert_eq!(
        render("a {% include 'parts/inner.j2' %}").unwrap(),
        "a inner 1 top"
    );
    assert_eq!(
        render("{% import 'macros.j2' as m %}{{ m.m(2) }}").unwrap(),
        "<21>"
    );
    assert!(failure(render("{% include 'none.j2' %}")).contains("none.j2"));
    std::fs::write(templates.join("bad.j2"), "x\n{{ lost }}").unwrap();
    let told = failure(render("{% include 'bad.j2' %}"));
    assert!(
        told.contains("templates/bad.j2:2:4: `lost` is undefined"),
        "{told}"
    );
}
