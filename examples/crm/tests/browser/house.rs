use tempfile::{TempDir, tempdir};

use super::{
    driver::Driver,
    person::Person,
    shots::Shots,
    support::{
        Crm,
        program::{command, free_port},
    },
};

/// The program, and browsers to visit it with.
pub(crate) struct House {
    pub(crate) crm: Crm,
    driver: Driver,
    folder: TempDir,
}

pub(crate) fn house() -> House {
    let folder = tempdir().unwrap();
    let crm = Crm::start(folder.path(), free_port());
    House { crm, driver: Driver::start(folder.path()), folder }
}

impl House {
    /// Has the operator do this, beside the running program.
    pub(crate) fn operate(&self, words: &[&str]) {
        let mut operator = command(self.folder.path(), free_port());
        assert!(operator.args(words).status().unwrap().success(), "{words:?}");
    }

    pub(crate) async fn person(&self, name: &str, scripts: bool, shots: Option<Shots>) -> Person {
        Person::new(self.driver.browser(name, scripts).await, self.crm.port, shots)
    }
}

/// Finds the reset letter in the mailbox page and follows its link by clicking.
pub(crate) async fn take_the_link(person: &mut Person) {
    for _ in 0..100 {
        person.open("/dev/mail").await;
        if person.sees("Open the link").await && person.sees("password").await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    person.picture("mailbox").await;
    person.follow("Open the link").await;
    person.see("Choose a new password").await;
}
