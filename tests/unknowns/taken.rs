//! What takes something away, by what the steps make true and not by their words.

use super::*;

#[test]
fn it_is_told_of_each_task_and_item_whatever_its_sign() {
    let folder = fresh();
    for name in ["one", "two", "three", "four", "five"] {
        std::fs::write(folder.path().join(name), "").expect("a file");
    }
    let playbook = "
- hosts: all
  gather_facts: false
  tasks:
    - {name: takes a file, file: {path: '{{ here }}/one', state: absent}}
    - {name: puts a link in its place, file: {path: '{{ here }}/two', src: one, state: link, force: true}}
    - {name: says so, shell: 'rm {{ here }}/three', args: {removes: '{{ here }}/three'}}
    - name: predicts it
      shell: rm {{ here }}/four
      predicts: [{path: '{{ here }}/four', state: absent}]
    - name: takes one item
      file: {path: '{{ here }}/{{ item.name }}', state: '{{ item.state }}'}
      loop: [{name: new, state: directory}, {name: five, state: absent}, {name: never, state: absent}]
    - {name: only says rm, shell: echo rm stop remove}
    - {name: makes, file: {path: '{{ here }}/made', state: directory}}
    - {name: is gone already, file: {path: '{{ here }}/never', state: absent}}
    - {name: changes, copy: {content: x, dest: '{{ here }}/hosts.yml'}}
    - {name: is no change, shell: 'rm {{ here }}/hosts.yml', args: {removes: '{{ here }}/hosts.yml'}, changed_when: false}
";
    let words = ["plan", "-l", "a", "--output", "json"];
    let (status, said) = run(&folder, playbook, &words);
    assert_eq!(status, Some(0), "{said}");
    let mut names = Vec::new();
    let mut takes = Vec::new();
    for line in said.lines() {
        let event: serde_json::Value = serde_json::from_str(line).expect("an event");
        match event["event"].as_str() {
            Some("task_started") => names.push(event["task"].clone()),
            Some("item_finished" | "host_finished") if event["takes_away"] == true => {
                let task = names.iter().find(|task| task["id"] == event["task"]);
                let name = task.and_then(|task| task["name"].as_str()).unwrap_or("?");
                takes.push(format!("{name} {}", event["item"].as_str().unwrap_or("")));
            }
            _ => {}
        }
    }
    let wanted = [
        "takes a file ",
        "puts a link in its place ",
        "says so ",
        "predicts it ",
        "takes one item five",
        "takes one item ",
    ];
    assert_eq!(takes, wanted, "{said}");
}
