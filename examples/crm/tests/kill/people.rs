use std::path::Path;

use async_trait::async_trait;
use portcullis::{
    auth::{Auth, NewUser},
    mail::{Letter, MailError, Mailer},
    model::{Client, Username},
    secret::{Password, Token},
    site::Site,
    store::sqlite::SqliteStore,
};

use super::{person::Person, support};

/// How many people there are: one reset letter is all anybody gets in five minutes.
pub(crate) const NUMBER: usize = 36;

/// Whatever was mailed here is nobody's concern.
struct Nowhere;

#[async_trait]
impl Mailer for Nowhere {
    async fn send(&self, _: &Letter) -> Result<(), MailError> {
        Ok(())
    }
}

/// Fills the company with salespeople who have passwords, by the library on the program's file.
pub(crate) fn invite(folder: &Path, port: u16) -> Vec<Person> {
    let crm = support::Crm::start(folder, port);
    crm.set_up_link();
    assert!(crm.terminate().0.success());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(folder.join("crm.db")).await.unwrap();
        let site = Site::new("Acme CRM", &format!("http://localhost:{port}")).unwrap();
        let builder = Auth::builder(store.clone()).site(site).mailer(Nowhere);
        let (auth, operator) = builder.build().unwrap();
        let acting = operator.because("people for a test");
        let admin = operator.find_user(&Username::parse("admin").unwrap()).await.unwrap().unwrap();
        let mut people = Vec::new();
        for number in 0..NUMBER {
            let person = Person::new(number, port);
            let (login, email) = (person.login(), person.email());
            let new = NewUser::parse(&login, &email, "Somebody", "salesperson").unwrap();
            let user = acting.invite(admin.account, &new).await.unwrap();
            let link = acting.danger_activation_link(user.id).await.unwrap();
            let token = Token::parse(support::token(&link)).unwrap();
            let password = Password::new(person.password()).unwrap();
            auth.activate(&token, &password, &Client::default()).await.unwrap();
            people.push(person);
        }
        // The letters of all this must not be sent by the program later.
        while auth.work(100).await.unwrap() > 0 {}
        store.close().await;
        people
    })
}

/// The file is whole.
pub(crate) fn whole(path: &Path) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let found: String = runtime.block_on(async {
        let url = format!("sqlite://{}", path.display());
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&pool).await.unwrap()
    });
    assert_eq!(found, "ok");
}
