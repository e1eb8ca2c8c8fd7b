//! The CRM's own pages. Those of portcullis stand beside them under `/auth`, in the same dress.

use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use portcullis::{auth::Identity, policy::Permission, site::Site};

/// Their common style sheet. Its address changes with its content, so browsers may keep it.
pub(crate) const STYLE: &str = include_str!("pages/app.css");

const TEMPLATES: [(&str, &str); 5] = [
    ("base.html", include_str!("pages/base.html")),
    ("home.html", include_str!("pages/home.html")),
    ("mailbox.html", include_str!("pages/mailbox.html")),
    ("message.html", include_str!("pages/message.html")),
    ("welcome.html", include_str!("pages/welcome.html")),
];

/// Renders pages.
pub(crate) struct Pages {
    templates: Environment<'static>,
    site: Site,
    css: String,
    mailbox: bool,
}

impl Pages {
    /// The pages of this site; with `mailbox`, they lead there.
    pub(crate) fn new(site: Site, mailbox: bool) -> Result<Self, minijinja::Error> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        for (name, source) in TEMPLATES {
            templates.add_template(name, source)?;
        }
        Ok(Self { templates, site, css: style_path(), mailbox })
    }

    /// Where the style sheet is served.
    pub(crate) fn css(&self) -> &str {
        &self.css
    }

    /// A page.
    pub(crate) fn show(
        &self,
        status: StatusCode,
        name: &str,
        me: Option<&Identity>,
        more: Value,
    ) -> Response {
        let page = context! {
            site => context! { name => self.site.name() },
            base => self.site.base(),
            css => self.css.as_str(),
            mailbox => self.mailbox,
            me => me.map(who),
            ..more
        };
        let rendered = self.templates.get_template(name).and_then(|template| template.render(page));
        match rendered {
            Ok(html) => (status, Html(html)).into_response(),
            Err(error) => {
                tracing::error!(%error, name, "a page cannot be shown");
                (StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be shown.").into_response()
            }
        }
    }

    /// A page with a few words, where nothing else can be shown.
    pub(crate) fn say(
        &self,
        status: StatusCode,
        me: Option<&Identity>,
        title: &str,
        message: &str,
    ) -> Response {
        self.show(status, "message.html", me, context! { title, message })
    }
}

/// The style sheet.
pub(crate) async fn style() -> impl IntoResponse {
    const HEADERS: [(header::HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (HEADERS, STYLE)
}

/// FNV-1a over the sheet: enough to tell two versions apart.
fn style_path() -> String {
    let hash = STYLE.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("/assets/{hash:016x}.css")
}

/// Who is logged in, as pages say it.
fn who(me: &Identity) -> Value {
    let (user, account) = (me.user(), me.account());
    context! {
        name => user.name.as_str(),
        username => user.username.as_str(),
        manages => me.allows(Permission::USERS_VIEW) || me.allows(Permission::USERS_MANAGE),
        role_label => label(user.role.as_str()),
        account => account.name.as_str(),
        plan_label => label(account.plan.as_str()),
        plan_ended => me.plan_has_ended(),
    }
}

/// `company_manager` as people read it: "Company manager".
pub(crate) fn label(name: &str) -> String {
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}
