//! What each call takes, answers and refuses: a row for each of `api.rs`, which a test compares.

use super::row::{
    ACCEPTED, NO_CONTENT, Row, SETS_COOKIE, accepted, anybody, created, ok, or_cookie, signed_in,
};

/// Every call of the JSON API.
pub(super) static CALLS: &[Row] = &[
    anybody("POST /session", "logIn", "Logs in by username or e-mail address.")
        .takes("LogIn")
        .answers(&[or_cookie(200, Some("LoggedIn"))])
        .refuses(&["rejected", "account_ended", "invalid", "throttled"]),
    signed_in("GET /session", "showSession", "Who is logged in, and what they may do.")
        .answers(&[ok("WhoAmI")]),
    anybody("DELETE /session", "logOut", "Logs out. Whoever is not logged in is logged out too.")
        .perhaps_signed_in()
        .answers(&[or_cookie(204, None)]),
    signed_in("GET /sessions", "listSessions", "Where one is logged in.")
        .answers(&[ok("Sessions")]),
    signed_in("DELETE /sessions", "endOtherSessions", "Ends all of one's sessions but this.")
        .answers(&[NO_CONTENT]),
    signed_in("DELETE /sessions/{id}", "endSession", "Ends one of one's sessions.")
        .answers(&[NO_CONTENT])
        .refuses(&["not_found"]),
    anybody("GET /password/requirements", "passwordRequirements", "What a password must be.")
        .answers(&[ok("Requirements")]),
    anybody("POST /password/forgot", "forgotPassword", "Mails a reset link to that address.")
        .takes("Forgot")
        .answers(&[ACCEPTED])
        .refuses(&["throttled"]),
    anybody("POST /password/reset", "resetPassword", "Chooses a password by a mailed link.")
        .takes("ByLink")
        .answers(&[NO_CONTENT])
        .refuses(&["rejected", "invalid"]),
    anybody("POST /password/replace", "replacePassword", "Replaces a temporary password, logs in.")
        .takes("ByTicket")
        .answers(&[or_cookie(200, Some("SignedIn"))])
        .refuses(&["rejected", "invalid"]),
    anybody("POST /activation", "activate", "Chooses the first password by a mailed link.")
        .takes("ByLink")
        .answers(&[NO_CONTENT])
        .refuses(&["rejected", "invalid"]),
    signed_in("GET /me", "showMe", "My Account.").answers(&[ok("Me")]),
    signed_in("PUT /me/password", "changePassword", "Changes one's password; 200 for a bearer.")
        .takes("PasswordChange")
        .answers(&[ok("NewToken"), SETS_COOKIE])
        .refuses(&["rejected", "invalid"]),
    signed_in("PUT /me/username", "changeUsername", "Changes one's username.")
        .takes("UsernameChange")
        .answers(&[NO_CONTENT])
        .refuses(&["rejected", "conflict", "invalid", "throttled"]),
    signed_in("PUT /me/email", "changeEmail", "Mails a link to a new address, to prove it.")
        .takes("EmailChange")
        .answers(&[ACCEPTED])
        .refuses(&["rejected", "invalid", "throttled"]),
    signed_in("PUT /me/language", "chooseLanguage", "Chooses the language of one's letters.")
        .takes("LanguageChoice")
        .answers(&[NO_CONTENT])
        .refuses(&["invalid"]),
    signed_in("POST /me/confirm", "confirmMe", "Shows one's password again.")
        .takes("Confirmation")
        .answers(&[NO_CONTENT])
        .refuses(&["rejected", "invalid"]),
    anybody("POST /email/confirm", "confirmEmail", "Proves a new address by a mailed link.")
        .takes("Link")
        .answers(&[NO_CONTENT])
        .refuses(&["rejected", "invalid"]),
    anybody("POST /undo", "undoEmailChange", "Takes a change of address back by a mailed link.")
        .takes("Undo")
        .answers(&[NO_CONTENT])
        .refuses(&["rejected", "conflict", "invalid"]),
    anybody("POST /objection", "object", "Objects to an administrator's change of address.")
        .takes("Link")
        .answers(&[NO_CONTENT])
        .refuses(&["rejected"]),
    signed_in("GET /users", "listUsers", "People of the company, by username.")
        .reads(&["query", "status", "role", "cursor", "limit"])
        .answers(&[ok("Users")])
        .refuses(&["forbidden"]),
    signed_in("POST /users", "inviteUser", "Invites somebody by e-mail.")
        .takes("NewUser")
        .answers(&[created("OneUser")])
        .refuses(&["account_ended", "conflict", "invalid", "throttled"]),
    signed_in("GET /users/{id}", "showUser", "One person.")
        .answers(&[ok("OneUser")])
        .refuses(&["forbidden", "not_found"]),
    signed_in("PATCH /users/{id}", "changeUser", "Changes a profile.")
        .reads(&["If-Match"])
        .takes("UserChange")
        .answers(&[ok("OneUser")])
        .refuses(&["not_found", "conflict", "invalid", "throttled"]),
    signed_in("POST /users/{id}/password-reset", "sendPasswordReset", "Mails a reset link.")
        .answers(&[ACCEPTED])
        .refuses(&["not_found", "account_ended", "conflict", "throttled"]),
    signed_in("POST /users/{id}/sign-out", "signOutUser", "Ends every session of somebody.")
        .answers(&[ACCEPTED])
        .refuses(&["not_found", "conflict"]),
    signed_in("POST /users/{id}/disable", "disableUser", "Lets somebody log in no more.")
        .takes("Why")
        .answers(&[ACCEPTED])
        .refuses(&["not_found", "conflict", "invalid"]),
    signed_in("POST /users/{id}/enable", "enableUser", "Lets somebody log in again.")
        .answers(&[ACCEPTED])
        .refuses(&["not_found", "account_ended", "conflict"]),
    signed_in("POST /users/{id}/recover", "recoverUser", "Replaces an address out of reach.")
        .takes("Recovery")
        .answers(&[ACCEPTED])
        .refuses(&["not_found", "conflict", "invalid", "throttled"]),
    signed_in("POST /users/{id}/secure", "secureUser", "Voids sessions, links and password.")
        .takes("Why")
        .answers(&[accepted("Secured")])
        .refuses(&["not_found", "conflict", "invalid"]),
    signed_in("PUT /users/{id}/password", "setTemporaryPassword", "Sets a temporary password.")
        .takes("TemporaryPassword")
        .answers(&[NO_CONTENT])
        .refuses(&["not_found", "conflict", "invalid"]),
    signed_in("GET /users/{id}/diagnosis", "diagnoseUser", "Why somebody cannot log in.")
        .answers(&[ok("Diagnosis")])
        .refuses(&["forbidden", "not_found"]),
    signed_in("GET /users/{id}/history", "userHistory", "The audit trail of one person.")
        .reads(&["cursor", "limit"])
        .answers(&[ok("History")])
        .refuses(&["forbidden", "not_found"]),
    signed_in("GET /users/{id}/sessions", "userSessions", "Where somebody is logged in.")
        .answers(&[ok("Sessions")])
        .refuses(&["forbidden", "not_found"]),
    signed_in("DELETE /users/{id}", "removeUser", "Removes somebody for good.")
        .takes("Why")
        .answers(&[ACCEPTED])
        .refuses(&["not_found", "conflict", "invalid"]),
    signed_in("GET /account", "showAccount", "The company.")
        .answers(&[ok("OneAccount")])
        .refuses(&["forbidden"]),
    signed_in("PUT /account/plan", "changePlan", "Puts the company on another plan.")
        .takes("PlanChange")
        .answers(&[ok("OneAccount")])
        .refuses(&["invalid"]),
    signed_in("POST /account/secure", "secureAccount", "Voids everybody's sessions and passwords.")
        .takes("Why")
        .answers(&[ACCEPTED])
        .refuses(&["invalid"]),
    signed_in("POST /users/{id}/activation", "sendActivation", "Mails the activation link again.")
        .answers(&[ACCEPTED])
        .refuses(&["not_found", "account_ended", "throttled"]),
    signed_in("GET /invitations", "listInvitations", "Invitations, newest first; ended ones too.")
        .answers(&[ok("Invitations")])
        .refuses(&["forbidden"]),
    signed_in("DELETE /invitations/{user}", "revokeInvitation", "Takes an invitation back.")
        .answers(&[NO_CONTENT])
        .refuses(&["not_found"]),
    anybody("GET /openapi.json", "describe", "This description.").answers(&[ok("Description")]),
];
