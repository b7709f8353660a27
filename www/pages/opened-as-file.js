/**
 * What stands in a page that was opened as a file. Browsers load no modules from there, so nothing of the page would start; this is a
 * classic script, which they do load.
 */

if (location.protocol === 'file:') {
  const address = `http://localhost:8000/${location.pathname.split('/').at(-1)}`;
  const text = (/** @type {string} */ content) => Object.assign(document.createElement('p'), { textContent: content });
  const how = text('Start one in the folder of this file, for instance with “python3 -m http.server”, and open ');
  how.append(Object.assign(document.createElement('a'), { href: address, textContent: address }), '.');
  const note = Object.assign(document.createElement('main'), { className: 'opened-as-file' });
  note.append(
    text('This page was opened as a file, but browsers load the parts of a page only from a web server.'),
    how,
    text('In the sources of skillrouter, “make demo” makes the page with all its parts and serves it.'),
  );
  document.body.replaceChildren(note);
}
