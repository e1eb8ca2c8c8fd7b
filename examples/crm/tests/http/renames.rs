//! Leads keep whoever added them, whatever they are called by now.

use serde_json::json;
use tempfile::tempdir;

use super::{
    roles::{company, log_in},
    support::{self, Client, Crm, FIRST, program::free_port},
};

/// The author of each lead on the start page and in the file, by company.
fn authors(client: &mut Client, company: &str) -> (String, String) {
    let page = client.get("/").body;
    let (_, row) = page.split_once(&format!(">{company}</th>")).expect("the lead");
    let (_, cell) = row.split_once("Added by </span>").unwrap();
    let (shown, _) = cell.split_once("</td>").unwrap();
    let file = client.get("/leads.csv").body;
    let line = file.lines().find(|line| line.starts_with(&format!("{company},"))).expect("a line");
    (shown.to_owned(), line.split(',').nth(3).unwrap().to_owned())
}

#[test]
fn leads_keep_added_by_through_every_rename() {
    let folder = tempdir().unwrap();
    let roles = ["administrator", "salesperson", "sales_manager"];
    tokio::runtime::Runtime::new().unwrap().block_on(company(folder.path(), &roles));
    let crm = Crm::start(folder.path(), free_port());
    let (mut admin, mut seller) = (log_in(&crm, "administrator"), log_in(&crm, "salesperson"));
    assert_eq!(seller.form("/leads", "company=Bell&contact=C&stage=New").status, 303);
    let by = |name: &str| (name.to_owned(), name.to_owned());
    assert_eq!(authors(&mut admin, "Bell"), by("The salesperson"));

    // Their own new username: the name is another thing, and the lead is theirs as before.
    let wish = json!({"current_password": FIRST, "username": "sam"});
    assert_eq!(seller.call("PUT", "/me/username", &wish).status, 204);
    assert_eq!(authors(&mut admin, "Bell"), by("The salesperson"));
    assert!(seller.get("/").body.contains(">Bell</th>"), "under the session they have");

    // An administrator's: name and username both.
    let id = seller.call("GET", "/me", &json!(null)).json()["user"]["id"].clone();
    let path = format!("/users/{}", id.as_str().unwrap());
    let wish = json!({"name": "Sam Bellamy", "username": "bellamy"});
    assert_eq!(admin.call("PATCH", &path, &wish).status, 200);
    assert_eq!(authors(&mut admin, "Bell"), by("Sam Bellamy"));
    assert!(log_in(&crm, "bellamy").get("/").body.contains(">Bell</th>"));

    // Somebody else who takes the name gets nothing of it.
    let mut manager = log_in(&crm, "sales.manager");
    let other = manager.call("GET", "/me", &json!(null)).json()["user"]["id"].clone();
    let wish = json!({"name": "The salesperson"});
    let renamed = admin.call("PATCH", &format!("/users/{}", other.as_str().unwrap()), &wish);
    assert_eq!(renamed.status, 200);
    let wish = json!({"username": "salesperson"});
    let quarantined = admin.call("PATCH", &format!("/users/{}", other.as_str().unwrap()), &wish);
    assert_eq!(quarantined.status, 409);
    assert_eq!(authors(&mut admin, "Bell"), by("Sam Bellamy"));

    // Another role, and gone at last: the lead stays, and says no more who they were.
    assert_eq!(admin.call("PATCH", &path, &json!({"role": "marketing_manager"})).status, 200);
    assert_eq!(authors(&mut admin, "Bell"), by("Sam Bellamy"));
    assert_eq!(admin.call("DELETE", &path, &json!({"reason": "left"})).status, 202);
    assert_eq!(authors(&mut admin, "Bell"), by("Removed user"));
    let mut stranger: support::Client = crm.client();
    assert_eq!(stranger.get("/leads.csv").status, 303);
}
