use std::path::Path;

use async_trait::async_trait;
use portcullis::{
    auth::{Auth, NewAccount, NewUser, Operator},
    clock::{Clock as _, SystemClock},
    id::AccountId,
    mail::{Letter, MailError, Mailer},
    model::{Client, Plan},
    secret::{Password, Token},
    site::Site,
    store::sqlite::SqliteStore,
};
use serde_json::json;
use tempfile::tempdir;

use super::support::{self, Crm, FIRST, program::free_port};

struct Nowhere;

#[async_trait]
impl Mailer for Nowhere {
    async fn send(&self, _: &Letter) -> Result<(), MailError> {
        Ok(())
    }
}

/// What the operator has in another process, on the program's database.
async fn operator(folder: &Path) -> (SqliteStore, Auth, Operator) {
    let store = SqliteStore::open(folder.join("crm.db")).await.unwrap();
    let site = Site::new("Acme CRM", "http://localhost:3000").unwrap();
    let builder = Auth::builder(store.clone()).site(site).mailer(Nowhere);
    let (auth, operator) = builder.build().unwrap();
    (store, auth, operator)
}

/// Puts the company on another plan while the program serves, one that has ended or has no end.
pub(super) async fn put_on(folder: &Path, account: AccountId, plan: &Plan, ended: bool) {
    let (store, _, operator) = operator(folder).await;
    let until = ended.then(|| SystemClock.now());
    operator.because("a test").set_plan(account, plan, until).await.unwrap();
    store.close().await;
}

/// A company on a paid plan with somebody of each of these roles, named like it.
pub(super) async fn company(folder: &Path, roles: &[&str]) -> AccountId {
    let (store, auth, operator) = operator(folder).await;
    let acting = operator.because("a company for a test");
    let new = |login: &str, role: &str| {
        NewUser::parse(login, &format!("{login}@acme.example"), &format!("The {role}"), role)
            .unwrap()
    };
    let account = NewAccount::new("Acme", Plan::ESSENTIAL).unwrap();
    let opened = acting.open_account(&account, &new("admin", "administrator")).await.unwrap();
    for role in roles {
        let login = role.replace('_', ".");
        let user = acting.invite(opened.account.id, &new(&login, role)).await.unwrap();
        let link = acting.danger_activation_link(user.id).await.unwrap();
        let token = Token::parse(support::token(&link)).unwrap();
        let password = Password::new(FIRST).unwrap();
        auth.activate(&token, &password, &Client::default()).await.unwrap();
    }
    store.close().await;
    opened.account.id
}

pub(super) fn log_in(crm: &Crm, login: &str) -> support::Client {
    let mut client = crm.client();
    let wish = json!({"login": login, "password": FIRST});
    assert_eq!(client.call("POST", "/session", &wish).status, 200);
    client
}

#[test]
fn each_role_sees_and_does_what_it_may() {
    let folder = tempdir().unwrap();
    let roles = ["sales_manager", "marketing_manager", "salesperson", "junior_salesperson"];
    tokio::runtime::Runtime::new().unwrap().block_on(company(folder.path(), &roles));
    // What a first start that was cut off has left is taken up: the link is its administrator's.
    let crm = Crm::start(folder.path(), free_port());
    assert!(crm.set_up_link().contains("/auth/activate?token="));

    let mut seller = log_in(&crm, "salesperson");
    assert_eq!(seller.form("/leads", "company=%3D1%2B1&contact=Own&stage=Won").status, 303);
    let mut manager = log_in(&crm, "sales.manager");
    assert_eq!(manager.form("/leads", "company=Other&contact=Theirs&stage=New").status, 303);
    let mut marketing = log_in(&crm, "marketing.manager");
    let mut junior = log_in(&crm, "junior.salesperson");
    for client in [&mut marketing, &mut junior] {
        assert!(!client.get("/").body.contains("Add a lead"));
        let refused = client.form("/leads", "company=A&contact=B&stage=New");
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains("Your role does not add leads."), "{}", refused.body);
    }

    let sees = |client: &mut support::Client| {
        let page = client.get("/").body;
        (page.contains("<td>Own</td>"), page.contains("<td>Theirs</td>"))
    };
    assert_eq!(sees(&mut seller), (true, false));
    assert_eq!(sees(&mut junior), (false, false));
    assert_eq!(sees(&mut manager), (true, true));
    assert_eq!(sees(&mut marketing), (true, true));

    for client in [&mut seller, &mut junior, &mut marketing] {
        let refused = client.get("/leads.csv");
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains("Your role does not export leads."), "{}", refused.body);
    }
    assert!(manager.get("/").body.contains("Export as CSV"));
    let file = manager.get("/leads.csv");
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    let lines: Vec<&str> = file.body.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[0], "company,contact,stage,added by,added at");
    assert!(lines[1].starts_with("Other,Theirs,New,The sales_manager,20"), "{}", lines[1]);
    assert!(lines[2].starts_with("'=1+1,Own,Won,The salesperson,20"), "{}", lines[2]);
}
