//! Media servers: what they have, the pictures they show, and showing others.

pub mod admin;
mod find;
pub mod media_browser;
pub mod plex;
mod question;
mod wire;

use posterizarr_base::servers::Dialect;

use crate::model::{Collection, Contents, Item, Library};
use crate::service::{Client, ServiceError};

pub use find::Sought;
pub use media_browser::MediaBrowser;
pub use plex::Plex;
pub use question::{Account, Depth, EpisodeFacts, Labelled, Offered, Slot};

/// A media server of any kind.
#[derive(Debug)]
pub enum Server {
    Plex(Plex),
    MediaBrowser(MediaBrowser),
}

/// A media server that is looked at and never changed.
#[derive(Clone, Copy, Debug)]
pub struct ReadOnly<'s>(&'s Server);

impl ReadOnly<'_> {
    /// As it is called in texts.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// See [`Server::libraries`].
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn libraries(self) -> Result<Vec<Library>, ServiceError> {
        self.0.libraries().await
    }

    /// See [`Server::items`].
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn items(self, library: &Library, depth: Depth) -> Result<Contents, ServiceError> {
        self.0.items(library, depth).await
    }

    /// See [`Server::collections`].
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn collections(self, libraries: &[&Library]) -> Result<Vec<(Library, Vec<Collection>)>, ServiceError> {
        self.0.collections(libraries).await
    }

    /// See [`Server::item`].
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn item(self, id: &str, depth: Depth) -> Result<Item, ServiceError> {
        self.0.item(id, depth).await
    }

    /// See [`Server::find`].
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn find(self, sought: &Sought, depth: Depth) -> Result<Option<Item>, ServiceError> {
        self.0.find(sought, depth).await
    }

    /// See [`Server::choices`].
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn choices(self, id: &str, slot: Slot) -> Result<Vec<Offered>, ServiceError> {
        self.0.choices(id, slot).await
    }

    /// See [`Server::offered`].
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn offered(self, id: &str, offered: &Offered) -> Result<Vec<u8>, ServiceError> {
        self.0.offered(id, offered).await
    }

    /// See [`Server::picture`].
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn picture(self, id: &str, slot: Slot, mark: &str) -> Result<Vec<u8>, ServiceError> {
        self.0.picture(id, slot, mark).await
    }

    /// See [`Server::picture_address`].
    pub fn picture_address(self, id: &str, slot: Slot, mark: &str) -> String {
        self.0.picture_address(id, slot, mark)
    }
}

impl Server {
    /// A Plex Media Server.
    pub fn plex(client: &Client, account: &Account) -> Self {
        Self::Plex(Plex::new(client, account))
    }

    /// Jellyfin or Emby.
    pub fn media_browser(client: &Client, account: &Account, dialect: Dialect) -> Self {
        Self::MediaBrowser(MediaBrowser::new(client, account, dialect))
    }

    /// The server for those who only look.
    pub fn read_only(&self) -> ReadOnly<'_> {
        ReadOnly(self)
    }

    /// As it is called in texts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plex(_) => "Plex",
            Self::MediaBrowser(server) => server.dialect().name(),
        }
    }

    /// The libraries of movies and of shows.
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn libraries(&self) -> Result<Vec<Library>, ServiceError> {
        match self {
            Self::Plex(server) => server.libraries().await,
            Self::MediaBrowser(server) => server.libraries().await,
        }
    }

    /// Everything in a library.
    ///
    /// # Errors
    /// What the server answers instead; then nothing is known of the library.
    pub async fn items(&self, library: &Library, depth: Depth) -> Result<Contents, ServiceError> {
        match self {
            Self::Plex(server) => server.items(library, depth).await,
            Self::MediaBrowser(server) => server.items(library, depth).await,
        }
    }

    /// The collections of these libraries. On Jellyfin and Emby all of them are in a library of their own.
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn collections(&self, libraries: &[&Library]) -> Result<Vec<(Library, Vec<Collection>)>, ServiceError> {
        match self {
            Self::Plex(server) => {
                let mut all = Vec::new();
                for library in libraries {
                    all.push(((*library).clone(), server.collections(library).await?));
                }
                Ok(all)
            }
            Self::MediaBrowser(server) => Ok(server.collections().await?.into_iter().collect()),
        }
    }

    /// The item with this key or id.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], or what the server answers instead.
    pub async fn item(&self, id: &str, depth: Depth) -> Result<Item, ServiceError> {
        match self {
            Self::Plex(server) => server.item(id, depth).await,
            Self::MediaBrowser(server) => server.item(id, depth).await,
        }
    }

    /// The item that is meant; none if the server has none.
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn find(&self, sought: &Sought, depth: Depth) -> Result<Option<Item>, ServiceError> {
        let hits = match self {
            Self::Plex(server) => server.search(sought).await?,
            Self::MediaBrowser(server) => server.search(sought).await?,
        };
        let mut found = sought.best_of(&hits).map(|item| item.id.clone());
        if found.is_none() && sought.is_known_otherwise() {
            // The title may be another one on the server.
            for library in self.libraries().await?.into_iter().filter(|library| library.kind == sought.kind) {
                let items = self.items(&library, Depth::default()).await?.items;
                found = sought.known_otherwise(&items).map(|item| item.id.clone());
                if found.is_some() {
                    break;
                }
            }
        }
        match found {
            Some(id) => self.item(&id, depth).await.map(Some),
            None => Ok(None),
        }
    }

    /// The picture that the server shows. `mark` is what the listing has for it in [`crate::model::Art`].
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn picture(&self, id: &str, slot: Slot, mark: &str) -> Result<Vec<u8>, ServiceError> {
        match self {
            Self::Plex(server) => server.picture(mark).await,
            Self::MediaBrowser(server) => server.picture(id, slot).await,
        }
    }

    /// The address of a picture that the server shows, without a key.
    pub fn picture_address(&self, id: &str, slot: Slot, mark: &str) -> String {
        match self {
            Self::Plex(server) => server.picture_address(mark),
            Self::MediaBrowser(server) => server.picture_address(id, slot),
        }
    }

    /// Makes the server show a picture; `replaces` says whether it has one in this place.
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn upload(&self, id: &str, slot: Slot, file: &[u8], replaces: bool) -> Result<(), ServiceError> {
        match self {
            Self::Plex(server) => server.upload(id, slot, file).await,
            Self::MediaBrowser(server) => server.upload(id, slot, file, replaces).await,
        }
    }
}

impl Server {
    /// The pictures that the server offers for a place. Only Plex keeps a list of them.
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn choices(&self, id: &str, slot: Slot) -> Result<Vec<Offered>, ServiceError> {
        match self {
            Self::Plex(server) => server.choices(id, slot).await,
            Self::MediaBrowser(_) => Ok(Vec::new()),
        }
    }

    /// A picture of that list.
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn offered(&self, id: &str, offered: &Offered) -> Result<Vec<u8>, ServiceError> {
        match self {
            Self::Plex(server) => server.offered(id, offered).await,
            Self::MediaBrowser(_) => Err(self.has_no_list()),
        }
    }

    /// Makes the server show a picture of that list.
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn choose(&self, id: &str, slot: Slot, offered: &Offered) -> Result<(), ServiceError> {
        match self {
            Self::Plex(server) => server.choose(id, slot, offered).await,
            Self::MediaBrowser(_) => Err(self.has_no_list()),
        }
    }

    /// Takes an uploaded picture off that list. One that has gone is no error.
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn withdraw(&self, id: &str, slot: Slot, offered: &Offered) -> Result<(), ServiceError> {
        match self {
            Self::Plex(server) => server.withdraw(id, slot, offered).await,
            Self::MediaBrowser(_) => Err(self.has_no_list()),
        }
    }

    fn has_no_list(&self) -> ServiceError {
        ServiceError::NotFound { host: self.name().to_owned() }
    }

    /// Takes a label off something in a library. Only Plex has labels that programs set; other servers are not asked.
    ///
    /// # Errors
    /// What the server answers instead.
    pub async fn unlabel(&self, library: &str, what: Labelled, id: &str, label: &str) -> Result<(), ServiceError> {
        match self {
            Self::Plex(server) => server.unlabel(library, what, id, label).await,
            Self::MediaBrowser(_) => Ok(()),
        }
    }
}
