//! Any bytes as the body of any page's form: a page or a redirect, never a fault; and what was
//! understood is understood when it is written anew.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_fuzz::House;

const PAGES: &[&str] = &[
    "/auth/login",
    "/auth/forgot",
    "/auth/reset",
    "/auth/activate",
    "/auth/replace",
    "/auth/account",
    "/auth/account/sessions",
    "/auth/account/username",
    "/auth/account/email",
    "/auth/confirm",
    "/auth/undo",
    "/auth/logout",
];

const TYPE: &str = "application/x-www-form-urlencoded";

fuzz_target!(|data: &[u8]| {
    let Some(([choice], body)) = data.split_first_chunk::<1>() else { return };
    let page = PAGES[usize::from(choice & 0x7f) % PAGES.len()];
    let signed_in = choice & 0x80 != 0;
    House::with(|house| {
        let mut ask = |body: &[u8]| {
            let (status, kind, text) = house.ask(("POST", page), TYPE, body, signed_in);
            assert!(status < 500, "{status} {text}");
            let is_page = kind.starts_with("text/html") && text.starts_with("<!doctype html>");
            assert!(is_page || text.is_empty() && (300..400).contains(&status), "{status} {kind}");
            (status, text)
        };
        let (status, text) = ask(body);
        for (name, value) in form_urlencoded::parse(body) {
            let secret = name.ends_with("password");
            assert!(!secret || value.len() < 16 || !text.contains(&*value), "{name} is repeated");
        }
        if !signed_in && status != 400 {
            let mut again = form_urlencoded::Serializer::new(String::new());
            again.extend_pairs(form_urlencoded::parse(body));
            assert_eq!(ask(again.finish().as_bytes()).0, status);
        }
    });
});
