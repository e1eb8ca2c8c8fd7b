//! The language letters to somebody are written in.

use super::{Mine, MyAccount};
use crate::{
    auth::{
        Auth, Identity,
        core::{Core, Task},
        draft::{Draft, Note, Verdict, acting},
    },
    error::{Error, Result},
    model::{Client, EventKind, Language},
    policy::Policy,
};

impl MyAccount<'_> {
    /// Chooses the language letters are written in from now on; the site's usual one with `None`.
    /// A letter tells the same in each, so no password is asked for.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there is no wording in that language; [`Error::Unauthenticated`]
    /// where the session has ended meanwhile; [`Error::Throttled`] beyond thirty such changes of
    /// one session in ten minutes; [`Error::Busy`] where others keep changing the same rows;
    /// [`Error::Unavailable`] when the store does not answer.
    pub async fn choose_language(
        &self,
        language: Option<&Language>,
        client: &Client,
    ) -> Result<()> {
        let core = self.core();
        core.can_write(language)?;
        core.charge(&[core.budgets().await?.easy_changes(self.me.session().id)]).await?;
        let task = ChooseLanguage { me: self.me, policy: &core.policy, language, client };
        core.run(&task).await
    }
}

impl Auth {
    /// The languages letters can be written in, by their tags, each with what it calls itself.
    #[must_use]
    pub fn languages(&self) -> Vec<(&str, String)> {
        self.core.letters.languages()
    }
}

impl Core {
    /// Goes on where letters can be written in this language.
    pub(in crate::auth) fn can_write(&self, language: Option<&Language>) -> Result<()> {
        if language.is_none_or(|wish| self.letters.wording_for(wish).is_some()) {
            return Ok(());
        }
        let names: Vec<_> = self.letters.languages().into_iter().map(|(_, name)| name).collect();
        let message = format!("Letters can be written in: {}.", names.join(", "));
        Err(Error::invalid("language", "unknown", message))
    }
}

struct ChooseLanguage<'a> {
    me: &'a Identity,
    policy: &'a Policy,
    language: Option<&'a Language>,
    client: &'a Client,
}

impl Task for ChooseLanguage<'_> {
    type Facts = Option<Mine>;
    type Outcome = ();

    async fn load(&self, core: &Core) -> Result<Self::Facts> {
        Mine::load(core, self.me).await
    }

    fn decide(&self, mine: Self::Facts, mut draft: Draft) -> Verdict<()> {
        let now = draft.now();
        let Some(Mine { mut user, .. }) = mine.filter(|mine| mine.stands(self.policy, now)) else {
            return draft.refuse(Error::Unauthenticated);
        };
        if user.language.as_ref() == self.language {
            return draft.done(());
        }
        let name =
            |language: Option<&Language>| language.map_or("usual", Language::as_str).to_owned();
        let what = format!("{} → {}", name(user.language.as_ref()), name(self.language));
        let note = Note::of(EventKind::LanguageChosen, acting(&user), &user, self.client);
        draft.record(note.because(&what));
        user.language = self.language.cloned();
        draft.replace(user);
        draft.done(())
    }
}
