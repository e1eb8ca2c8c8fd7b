//! How the model's types lie in their rows. One file a table; each is read in the order in which
//! it is written, and a property test holds the two together.

mod account;
mod budget;
mod credential;
mod email_change;
mod event;
mod intent;
mod invitation;
mod link;
mod released_name;
mod session;
mod user;
mod word;

#[cfg(test)]
mod tests;
