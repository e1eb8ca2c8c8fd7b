use std::{cell::OnceCell, path::Path};

use tempfile::tempdir;

use super::{
    set_up,
    support::{Crm, database, program::free_port},
};

#[test]
fn leads_are_added_paged_and_kept_in_a_file() {
    leads_are_added_paged_and_kept(Crm::start);
}

#[test]
fn leads_are_added_paged_and_kept_on_postgresql() {
    let url = OnceCell::new();
    leads_are_added_paged_and_kept(|folder, port| {
        Crm::start_on(url.get_or_init(|| database::postgres(folder)), folder, port)
    });
}

#[test]
fn leads_are_added_paged_and_kept_on_mariadb() {
    let url = OnceCell::new();
    leads_are_added_paged_and_kept(|folder, port| {
        Crm::start_on(url.get_or_init(|| database::mysql(folder)), folder, port)
    });
}

fn leads_are_added_paged_and_kept(start: impl Fn(&Path, u16) -> Crm) {
    let folder = tempdir().unwrap();
    let port = free_port();
    let crm = start(folder.path(), port);
    assert!(crm.client().get("/").body.contains("Log in"), "a welcome");
    let stranger = crm.client().form("/leads", "company=A&contact=B&stage=New");
    assert_eq!((stranger.status, stranger.header("location")), (303, Some("/auth/login?next=%2F")));

    let mut admin = set_up(&crm);
    assert!(admin.get("/").body.contains("No leads yet"));
    let added = admin.form("/leads", "company=Bell+%26+Harbour&contact=%3Cb%3EJo&stage=Won");
    assert_eq!((added.status, added.header("location")), (303, Some("/?added")));
    let home = admin.get("/?added").body;
    assert!(home.contains("The lead was added."));
    assert!(home.contains("Bell &amp; Harbour") && home.contains("&lt;b&gt;Jo"));
    assert!(home.contains("</span>Administrator</td>"), "added by, by name");

    for (fields, words) in [
        ("company=&contact=B&stage=New", "Company must have"),
        ("company=Kept&contact=%00&stage=New", "Contact must have"),
        ("company=Kept&contact=B&stage=Hired", "Choose one of the stages"),
    ] {
        let answer = admin.form("/leads", fields);
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains(words), "{}", answer.body);
    }
    assert!(
        admin.form("/leads", "company=Kept&contact=&stage=New").body.contains("value=\"Kept\"")
    );
    assert_eq!(admin.form("/leads", "company=A").status, 422);
    assert_eq!(admin.form("/leads", &"x".repeat(20_000)).status, 413);

    for number in 0..50 {
        let fields = format!("company=Company+{number:02}&contact=C&stage=New");
        assert_eq!(admin.form("/leads", &fields).status, 303);
    }
    let newest = admin.get("/").body;
    assert!(newest.contains("Company 49") && !newest.contains("Bell &amp; Harbour"));
    let (_, rest) =
        newest.split_once("href=\"/?before=").or(newest.split_once("?before=")).unwrap();
    let before: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let older = admin.get(&format!("/?before={before}")).body;
    assert!(older.contains("Bell &amp; Harbour") && !older.contains("Company 00"));
    assert_eq!(admin.get("/?before=x&before=y").status, 200);

    crm.terminate();
    let crm = start(folder.path(), port);
    assert!(admin.get("/").body.contains("Company 49"), "sessions and leads outlast a restart");
    drop(crm);
}

#[test]
fn a_trial_has_no_export_and_the_page_says_so() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    assert_eq!(crm.client().get("/leads.csv").status, 303);
    let answer = set_up(&crm).get("/leads.csv");
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("The Trial plan has no export."), "{}", answer.body);
}

#[test]
fn pages_carry_their_headers() {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    let mut client = crm.client();
    for path in ["/", "/nothing", "/dev/mail", "/leads.csv", "/auth/login"] {
        let answer = client.get(path);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}");
    }
    assert_eq!(client.get("/nothing").status, 404);
    let home = client.get("/").body;
    let (_, rest) = home.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let (style, _) = rest.split_once('"').unwrap();
    let style = client.get(&style.replace("&#x2f;", "/"));
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(style.header("cache-control").unwrap().contains("immutable"));
}
