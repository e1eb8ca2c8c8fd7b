//! An administrator's day: people come, forget, lose their way in, and leave.

use super::{
    house::{House, house},
    person::Person,
    shots::Shots,
    support::{FIRST, SECOND, THIRD, links, until},
};

/// The newest link mailed to somebody, once there are so many.
fn mailed(house: &House, to: &str, count: usize) -> String {
    until("a letter", || {
        let mut client = house.crm.client();
        let letters = client.get("/dev/mail.json").json();
        let found = links(&letters, to);
        (found.len() >= count).then(|| found[0].clone())
    })
}

/// Opens one of the options.
async fn open_option(person: &Person, title: &str) {
    let xpath = format!("//summary[normalize-space()='{title}']");
    person.click(fantoccini::Locator::XPath(&xpath)).await;
}

/// The link in the letter to the address that was replaced.
fn newest_to_object(house: &House) -> String {
    until("a letter to object by", || {
        let letters = house.crm.client().get("/dev/mail.json").json();
        links(&letters, "grace@acme.example").into_iter().find(|link| link.contains("/object?"))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrators_day() {
    let house = house();
    let mut ada = house.person("ada", false, Some(Shots::named("day"))).await;
    ada.open(&house.crm.set_up_link()).await;
    ada.choose(FIRST, "Activate").await;
    ada.log_in("admin", FIRST).await;
    ada.follow("User Accounts").await;
    ada.see("Create User Profile").await;
    ada.picture("users-alone").await;

    // Somebody new comes, in a browser of their own.
    ada.fill("#name", "Grace Hopper").await;
    ada.fill("#username", "grace").await;
    ada.fill("#email", "grace@acme.example").await;
    ada.find("#role option[value='salesperson']").await.click().await.unwrap();
    ada.press("Send Invitation").await;
    ada.see("The invitation is on its way.").await;
    ada.see("They have not opened their activation link yet").await;
    ada.picture("user-invited").await;
    let grace = house.person("grace", true, None).await;
    grace.open(&mailed(&house, "grace@acme.example", 1)).await;
    grace.choose(SECOND, "Activate").await;
    grace.log_in("grace", SECOND).await;
    grace.see("No leads yet").await;
    assert!(!grace.sees("User Accounts").await);

    // A forgotten username: found by the beginning of a word.
    ada.open("/auth/users").await;
    ada.fill("#query", "hop").await;
    ada.press("Find").await;
    // Everybody stood on the page before.
    ada.come("query=hop").await;
    ada.see("grace · grace@acme.example").await;
    assert!(!ada.sees("admin@acme.example").await);
    ada.picture("users-found").await;
    ada.follow("Grace Hopper").await;
    ada.see("Nothing keeps them from logging in").await;
    open_option(&ada, "Send Password Reset Email").await;
    ada.picture("user-options").await;
    ada.press("Send Password Reset Email").await;
    ada.see("is on its way to the stored address").await;
    mailed(&house, "grace@acme.example", 2);

    // Somebody who cannot open their mail: a temporary password.
    open_option(&ada, "Set a temporary password").await;
    ada.fill("#temporary", "short").await;
    ada.press("Set Temporary Password").await;
    ada.see("One thing to change").await;
    ada.picture("temporary-refused").await;
    ada.fill("#temporary", THIRD).await;
    ada.press("Set Temporary Password").await;
    ada.see("The temporary password is set").await;
    grace.open("/auth/login").await;
    grace.log_in("grace", THIRD).await;
    grace.see("Choose").await;
    grace.fill("#password", "five tall ships leave early").await;
    grace.find("main form button").await.click().await.unwrap();
    grace.see("No leads yet").await;

    // Somebody whose mailbox is gone: another address, at once, and a link there.
    ada.open("/auth/users?query=grace").await;
    ada.follow("Grace Hopper").await;
    open_option(&ada, "Help who cannot reach the mailbox").await;
    ada.picture("unreachable-mailbox").await;
    ada.fill("#recover-email", "grace@new.example").await;
    ada.fill("#recover-reason", "the old mailbox is closed; known by voice").await;
    ada.press("Set Address and Send Link").await;
    ada.see("a link to choose a new password is on its way there").await;
    ada.see("grace@new.example not proven").await;
    grace.open("/auth/account").await;
    grace.see("Forgot your username?").await;
    grace.open(&mailed(&house, "grace@new.example", 1)).await;
    grace.choose("nine quiet bells over snow", "Save the new password").await;
    grace.see("Your new password is saved").await;
    grace.log_in("grace@new.example", "nine quiet bells over snow").await;
    grace.see("No leads yet").await;
    // The old address can say that it was not asked; here it has nothing to say.
    grace.open(&newest_to_object(&house)).await;
    grace.see("Object to the new address").await;

    // Somebody leaves, and cannot log in: the record says why.
    ada.open("/auth/users?query=grace").await;
    ada.follow("Grace Hopper").await;
    open_option(&ada, "Disable").await;
    ada.fill("#disable-reason", "left for the summer").await;
    ada.press("Disable").await;
    ada.see("The log-in is disabled").await;
    ada.see("Disabled by admin: left for the summer").await;
    ada.picture("user-disabled").await;
    grace.open("/auth/account").await;
    grace.see("Forgot your username?").await;
    grace.log_in("grace", "nine quiet bells over snow").await;
    grace.see("do not match").await;
    open_option(&ada, "Enable").await;
    ada.press("Enable").await;
    ada.see("The log-in works again").await;
    grace.open("/auth/login").await;
    grace.log_in("grace", "nine quiet bells over snow").await;
    grace.see("No leads yet").await;

    // The last administrator stays.
    ada.open("/auth/users?query=admin").await;
    ada.follow("Administrator").await;
    open_option(&ada, "Disable").await;
    ada.fill("#disable-reason", "a try").await;
    ada.press("Disable").await;
    ada.see("without an active administrator").await;
    ada.picture("last-administrator").await;
    grace.leave().await;
    ada.leave().await;
}
