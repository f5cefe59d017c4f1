//! Codes and tokens of the authorization server.

/// The codes and tokens that were issued.
#[derive(Default)]
pub(super) struct Authorizations {
    codes: Vec<Code>,
    grants: Vec<Grant>,
    /// The number of the last token or code.
    last: u64,
}

/// A code that was not exchanged yet.
struct Code {
    code: String,
    user: usize,
    scopes: Vec<String>,
    redirect_uri: String,
}

/// A pair of tokens.
#[derive(Clone)]
pub(super) struct Grant {
    user: usize,
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) scopes: Vec<String>,
    is_expired: bool,
    is_revoked: bool,
    /// Whether the refresh token was used.
    is_refreshed: bool,
}

impl Authorizations {
    /// Issues a pair of tokens.
    pub(super) fn grant(&mut self, user: usize, scopes: Vec<String>) -> Grant {
        self.last += 1;
        let number = self.last;
        let grant = Grant {
            user,
            access: format!("embedded-access-{number}"),
            refresh: format!("embedded-refresh-{number}"),
            scopes,
            is_expired: false,
            is_revoked: false,
            is_refreshed: false,
        };
        self.grants.push(grant.clone());
        grant
    }

    /// The user and the scopes of a valid access token.
    pub(super) fn access(&self, token: &str) -> Option<(usize, Vec<String>)> {
        let is_valid = |grant: &&Grant| !grant.is_expired && !grant.is_revoked;
        let mut grants = self.grants.iter().filter(is_valid);
        let grant = grants.find(|grant| grant.access == token)?;
        Some((grant.user, grant.scopes.clone()))
    }

    /// The newest pair of a user.
    pub(super) fn newest(&self, user: usize) -> Option<&Grant> {
        self.grants.iter().rev().find(|grant| grant.user == user)
    }

    /// Changes all pairs of a user.
    fn each(&mut self, user: usize, change: impl Fn(&mut Grant)) {
        let grants = self.grants.iter_mut();
        grants.filter(|grant| grant.user == user).for_each(change);
    }

    /// Sets the scopes of the tokens of a user.
    pub(super) fn set_scopes(&mut self, user: usize, scopes: &[String]) {
        self.each(user, |grant| grant.scopes = scopes.to_vec());
    }

    /// Issues a code for a user who agrees.
    pub(super) fn issue_code(
        &mut self,
        user: usize,
        scopes: Vec<String>,
        redirect_uri: String,
    ) -> String {
        self.last += 1;
        let code = format!("embedded-code-{}", self.last);
        self.codes.push(Code {
            code: code.clone(),
            user,
            scopes,
            redirect_uri,
        });
        code
    }

    /// Ends the access tokens of a user.
    pub(super) fn expire(&mut self, user: usize) {
        self.each(user, |grant| grant.is_expired = true);
    }

    /// Ends the access tokens and the refresh tokens of a user.
    pub(super) fn revoke(&mut self, user: usize) {
        self.each(user, |grant| grant.is_revoked = true);
    }

    /// Ends the pair to which a token belongs.
    pub(super) fn revoke_token(&mut self, token: &str) {
        let grants = self.grants.iter_mut();
        grants
            .filter(|grant| grant.access == token || grant.refresh == token)
            .for_each(|grant| grant.is_revoked = true);
    }

    /// Exchanges a refresh token, which can be used once.
    pub(super) fn refresh(&mut self, token: &str) -> Option<Grant> {
        let is_valid = |grant: &&mut Grant| !grant.is_refreshed && !grant.is_revoked;
        let mut grants = self.grants.iter_mut().filter(is_valid);
        let grant = grants.find(|grant| grant.refresh == token)?;
        grant.is_refreshed = true;
        let (user, scopes) = (grant.user, grant.scopes.clone());
        Some(self.grant(user, scopes))
    }

    /// Exchanges a code, which can be used once.
    pub(super) fn exchange(&mut self, code: &str, redirect_uri: &str) -> Option<Grant> {
        let at = self.codes.iter().position(|known| known.code == code)?;
        let code = self.codes.remove(at);
        let is_same = code.redirect_uri == redirect_uri;
        is_same.then(|| self.grant(code.user, code.scopes))
    }
}
