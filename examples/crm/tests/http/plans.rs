//! What each of the six roles sees under each of the four plans: one table.

use portcullis::model::Plan;
use serde_json::{Value, json};
use tempfile::tempdir;

use super::{
    roles::{company, log_in, put_on},
    support::{Client, Crm, FIRST, program::free_port},
};

/// What somebody of a role may, whatever the plan is.
struct Role {
    name: &'static str,
    /// Sees the leads of others.
    all_leads: bool,
    adds_leads: bool,
    exports: bool,
    sees_people: bool,
    manages_people: bool,
    permissions: &'static [&'static str],
}

const NOBODY: Role = Role {
    name: "",
    all_leads: false,
    adds_leads: false,
    exports: false,
    sees_people: false,
    manages_people: false,
    permissions: &[],
};

const MANAGES: &[&str] = &["leads.edit", "leads.export", "leads.view_all", "users.view"];

const ROLES: [Role; 6] = [
    Role {
        name: "administrator",
        all_leads: true,
        adds_leads: true,
        exports: true,
        sees_people: true,
        manages_people: true,
        permissions: &[
            "administer",
            "audit.read",
            "campaigns",
            "leads.edit",
            "leads.export",
            "leads.view_all",
            "users.manage",
            "users.view",
        ],
    },
    Role {
        name: "company_manager",
        all_leads: true,
        adds_leads: true,
        exports: true,
        sees_people: true,
        permissions: &["campaigns", "leads.edit", "leads.export", "leads.view_all", "users.view"],
        ..NOBODY
    },
    Role {
        name: "marketing_manager",
        all_leads: true,
        sees_people: true,
        permissions: &["campaigns", "leads.view_all", "users.view"],
        ..NOBODY
    },
    Role {
        name: "sales_manager",
        all_leads: true,
        adds_leads: true,
        exports: true,
        sees_people: true,
        permissions: MANAGES,
        ..NOBODY
    },
    Role { name: "salesperson", adds_leads: true, permissions: &["leads.edit"], ..NOBODY },
    Role { name: "junior_salesperson", ..NOBODY },
];

/// Each plan, whether it lets leads out, and what it includes.
const PLANS: [(&str, bool, &[&str]); 4] = [
    ("trial", false, &[]),
    ("essential", true, &["leads.export"]),
    ("advanced", true, &["campaigns", "leads.export"]),
    ("ultimate", true, &["campaigns", "leads.export", "reports"]),
];

fn words(list: &Value) -> Vec<&str> {
    let mut words: Vec<&str> =
        list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    words.sort_unstable();
    words
}

/// Holds what somebody sees against the table, everything that is off at once.
fn differences(client: &mut Client, role: &Role, plan: (&str, bool, &[&str])) -> Vec<String> {
    let (name, lets_out, features) = plan;
    let mut off = Vec::new();
    let mut hold = |what: &str, found: bool, expected: bool| {
        if found != expected {
            off.push(format!("{} on {name}: {what} is {found}", role.name));
        }
    };
    let home = client.get("/").body;
    hold("a lead", home.contains("<td>by "), role.all_leads || role.adds_leads);
    let others = ["administrator", "sales_manager"].map(|name| format!("<td>by {name}</td>"));
    let own = format!("<td>by {}</td>", role.name);
    hold("their own lead", home.contains(&own), role.adds_leads);
    hold("another's lead", others.iter().all(|it| home.contains(it)), role.all_leads);
    hold("the form", home.contains("Add a lead"), role.adds_leads);
    let can_export = role.exports && lets_out;
    hold("the export's link", home.contains("Export as CSV"), can_export);
    let file = client.get("/leads.csv");
    hold("the export", file.status == 200, can_export);
    if !can_export {
        let why = if role.exports {
            "The Trial plan has no export."
        } else {
            "Your role does not export"
        };
        hold("why there is no export", file.status == 403 && file.body.contains(why), true);
    }
    let people = client.get("/auth/users");
    hold("User Accounts", people.status == 200, role.sees_people);
    hold("the refusal of User Accounts", people.status == 403, !role.sees_people);
    let page = client.get("/auth/account").body;
    hold("the link to User Accounts", page.contains("User Accounts</a>"), role.sees_people);
    hold("inviting", people.body.contains("Send Invitation"), role.manages_people);
    let session = client.call("GET", "/session", &Value::Null).json();
    hold("the permissions", words(&session["permissions"]) == role.permissions, true);
    hold("the features", words(&session["features"]) == features, true);
    hold("the plan", session["account"]["plan"] == name, true);
    let plan = client.call("PUT", "/account/plan", &json!({"plan": "ultimate"}));
    hold("changing the plan", plan.status != 403, false);
    off
}

#[test]
fn each_of_six_roles_on_four_plans_sees_what_it_may() {
    let folder = tempdir().unwrap();
    let names = ROLES.map(|role| role.name);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let account = runtime.block_on(company(folder.path(), &names));
    let crm = Crm::start(folder.path(), free_port());
    let mut people = ROLES.map(|role| (log_in(&crm, &role.name.replace('_', ".")), role));
    for (client, role) in &mut people {
        let fields = format!("company=C&contact=by+{}&stage=New", role.name);
        let status = if role.adds_leads { 303 } else { 403 };
        assert_eq!(client.form("/leads", &fields).status, status, "{}", role.name);
    }
    let mut off = Vec::new();
    for plan in PLANS {
        // While the program serves: everybody sees it at their next request.
        runtime.block_on(put_on(folder.path(), account, &Plan::from_text(plan.0), false));
        for (client, role) in &mut people {
            off.extend(differences(client, role, plan));
        }
    }
    assert!(off.is_empty(), "{off:#?}");
}

#[test]
fn m16_an_ended_plan_lets_administrators_see_why_and_export_nothing() {
    let folder = tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let roles = ["administrator", "salesperson"];
    let account = runtime.block_on(company(folder.path(), &roles));
    let crm = Crm::start(folder.path(), free_port());
    let mut admin = log_in(&crm, "administrator");
    let mut seller = log_in(&crm, "salesperson");
    assert_eq!(admin.form("/leads", "company=C&contact=Ours&stage=New").status, 303);
    assert_eq!(admin.get("/leads.csv").status, 200);
    runtime.block_on(put_on(folder.path(), account, &Plan::ESSENTIAL, true));
    // Also by the session of before.
    for mut client in [admin, log_in(&crm, "administrator")] {
        let file = client.get("/leads.csv");
        let why = "The Essential plan of your company has ended";
        assert!(file.status == 403 && file.body.contains(why), "{}", file.body);
        assert!(!file.body.contains("Export as CSV"), "{}", file.body);
        let session = client.call("GET", "/session", &Value::Null).json();
        assert_eq!(session["features"], json!([]));
        let page = client.get("/auth/account").body;
        assert!(page.contains("The Essential plan of Acme ended on"), "{page}");
        let people = client.get("/auth/users");
        assert!(people.status == 200 && people.body.contains("Send Invitation"));
        assert!(people.body.contains("3 of 100 taken"), "{}", people.body);
        let home = client.get("/").body;
        assert!(home.contains("Essential plan, <a href=\"/auth/account\">ended</a>"), "{home}");
    }
    assert_eq!(seller.call("GET", "/session", &Value::Null).kind(), "unauthenticated");
    let wish = json!({"login": "salesperson", "password": FIRST});
    let refused = crm.client().call("POST", "/session", &wish);
    assert_eq!((refused.status, refused.kind().as_str()), (403, "account_ended"));
    runtime.block_on(put_on(folder.path(), account, &Plan::ESSENTIAL, false));
    assert_eq!(log_in(&crm, "administrator").get("/leads.csv").status, 200);
}
