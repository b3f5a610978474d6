// Where the daemon cannot be reached, an installed page says so. Nothing of the daemon's is kept: what is old would be taken
// for what is.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  if (event.request.mode !== 'navigate') return;
  event.respondWith(
    fetch(event.request).catch(async (cause) => {
      const notice = await caches.match('offline.html');
      if (notice) return notice;
      throw cause;
    }),
  );
});
