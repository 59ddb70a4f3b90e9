// The interactive reference at /docs: one page, one style sheet and one script of our own, served from here. It reads
// /openapi.json, sends requests with the key that is typed in, and talks to nobody else. (The common libraries for this
// are between 0.4 and 3 MB of script; this is 8 kB.)

export const DOCS_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ochre API</title>
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<header>
<h1>Ochre <small id="version"></small></h1>
<label>API key <input id="token" type="password" autocomplete="off" spellcheck="false" placeholder="och_..."></label>
<label>Find <input id="find" type="search" placeholder="path, name or summary"></label>
</header>
<div id="layout"><nav id="nav" aria-label="Operations"></nav><main id="main"><p id="intro"></p></main></div>
<script src="/docs/page.js"></script>
</body>
</html>
`

export const DOCS_CSS = `:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent);--soft:color-mix(in srgb,currentColor 6%,transparent);--accent:#b5651d}
*{box-sizing:border-box}body{margin:0;font:15px/1.5 system-ui,sans-serif}code,pre,textarea,input{font-family:ui-monospace,monospace;font-size:13px}
header{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;padding:.6rem 1rem;border-bottom:1px solid var(--line);background:Canvas}
h1{font-size:1.2rem;margin:0;color:var(--accent)}h2{margin:2rem 0 .5rem;text-transform:capitalize}small{opacity:.6;font-weight:normal}
input,textarea,button{padding:.3rem .5rem;border:1px solid var(--line);border-radius:4px;background:var(--soft);color:inherit}
button{cursor:pointer;background:var(--accent);color:#fff;border-color:var(--accent)}button:focus-visible,input:focus-visible,textarea:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
#layout{display:grid;grid-template-columns:minmax(12rem,18rem) 1fr}nav{position:sticky;top:3.4rem;height:calc(100vh - 3.4rem);overflow:auto;padding:1rem;border-right:1px solid var(--line);font-size:13px}
nav a{display:block;color:inherit;text-decoration:none;padding:.1rem 0}nav a:hover{color:var(--accent)}nav strong{display:block;margin-top:.8rem;text-transform:capitalize}
main{padding:0 1.5rem 4rem;min-width:0;max-width:60rem}details{border:1px solid var(--line);border-radius:6px;margin:.5rem 0}summary{cursor:pointer;padding:.5rem .75rem;display:flex;gap:.75rem;flex-wrap:wrap;align-items:baseline}
.body{padding:0 .75rem .75rem}.method{font:bold 12px ui-monospace,monospace;min-width:3.5rem;color:var(--accent)}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .5rem;border-top:1px solid var(--line)}
td input{width:100%}textarea{width:100%;min-height:5rem}pre{overflow:auto;max-height:24rem;padding:.5rem;background:var(--soft);border-radius:4px;white-space:pre-wrap;word-break:break-word}
@media(max-width:50rem){#layout{grid-template-columns:1fr}nav{display:none}}
`

export const DOCS_JS = `'use strict';
const $ = (tag, props, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
};
const token = document.getElementById('token');
try { token.value = sessionStorage.getItem('ochre-key') || ''; } catch {}
token.addEventListener('change', () => { try { sessionStorage.setItem('ochre-key', token.value); } catch {} });
const pretty = (value) => JSON.stringify(value, null, 2);
const typeOf = (schema) => {
  if (!schema || schema === true) return 'any';
  if (schema.$ref) return schema.$ref.split('/').pop();
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(' | ');
  if (schema.type === 'array') return typeOf(schema.items) + '[]';
  return [].concat(schema.type || 'any').join(' | ');
};
function operationView(doc, path, method, op) {
  const inputs = new Map();
  const rows = (op.parameters || []).map((p) => {
    const input = $('input', { 'aria-label': p.name, placeholder: typeOf(p.schema), value: p.example });
    inputs.set(p, input);
    return $('tr', {}, $('td', {}, $('code', {}, p.name), p.required ? ' *' : ''), $('td', {}, p.in), $('td', {}, p.description || ''), $('td', {}, input));
  });
  const contents = op.requestBody ? Object.entries(op.requestBody.content) : [];
  const [type, content] = contents[0] || [];
  const body = content && $('textarea', { 'aria-label': 'Request body', spellcheck: 'false' }, content.example === undefined ? '' : pretty(content.example));
  const output = $('pre', { hidden: true, 'aria-live': 'polite' });
  const send = async () => {
    let url = path, query = new URLSearchParams(), headers = {};
    for (const [p, input] of inputs) {
      if (input.value === '' && !p.required) continue;
      if (p.in === 'path') {
        const plain = input.value === '.' || input.value === '..' || input.value === '';
        url = url.replace('{' + p.name + '}', plain ? '~' : encodeURIComponent(input.value).replace(/^~$/, '%7E'));
        if (plain) query.append(p.name, input.value);
      } else if (p.in === 'query') query.append(p.name, input.value);
      else headers[p.name] = input.value;
    }
    if (token.value) headers.authorization = 'Bearer ' + token.value;
    if (body && body.value) headers['content-type'] = type;
    const text = query.toString();
    output.hidden = false;
    output.textContent = '...';
    const started = performance.now();
    try {
      const stop = new AbortController();
      const answer = await fetch(url + (text ? '?' + text : ''), { method: method.toUpperCase(), headers, body: body && body.value ? body.value : undefined, signal: stop.signal });
      const head = answer.status + ' ' + answer.statusText + '  ' + Math.round(performance.now() - started) + ' ms\\n';
      const lines = [...answer.headers].filter(([name]) => /^(etag|ochre-|ratelimit|location|retry|content-type)/.test(name)).map(([name, value]) => name + ': ' + value + '\\n').join('');
      if ((answer.headers.get('content-type') || '').startsWith('text/event-stream')) {
        output.textContent = head + lines + '\\n';
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        output.after($('button', { onclick: (event) => { stop.abort(); event.target.remove(); } }, 'Stop'));
        for (;;) { const { done, value } = await reader.read(); if (done) break; output.textContent += value; }
        return;
      }
      let shown = await answer.text();
      if (shown.length < 200000 && !/[0-9]{16}/.test(shown)) try { shown = pretty(JSON.parse(shown)); } catch {}
      output.textContent = head + lines + '\\n' + shown.slice(0, 200000);
    } catch (error) { output.textContent += '\\n' + (error.name === 'AbortError' ? 'stopped' : error.message); }
  };
  const answers = Object.entries(op.responses).map(([status, response]) => {
    const [, shown] = Object.entries(response.content || {})[0] || [];
    return $('tr', {}, $('td', {}, $('code', {}, status)), $('td', {}, response.description), $('td', {}, shown ? (shown.example === undefined ? typeOf(shown.schema) : $('pre', {}, pretty(shown.example))) : ''));
  });
  return $('details', { id: op.operationId }, $('summary', {}, $('span', { class: 'method' }, method.toUpperCase()), $('code', {}, path), $('span', {}, op.summary)),
    $('div', { class: 'body' }, op.description ? $('p', {}, op.description) : null,
      rows.length ? $('table', {}, $('tr', {}, $('th', {}, 'Parameter'), $('th', {}, 'In'), $('th', {}, 'Meaning'), $('th', {}, 'Value')), rows) : null,
      body ? [$('p', {}, 'Body: ' + contents.map(([name]) => name).join(' or ')), body] : null,
      $('p', {}, $('button', { onclick: send }, 'Send')), output, $('table', {}, $('tr', {}, $('th', {}, 'Status'), $('th', {}, 'Meaning'), $('th', {}, 'Body')), answers)));
}
fetch('/openapi.json').then((answer) => answer.json()).then((doc) => {
  document.getElementById('version').textContent = doc.info.version;
  document.getElementById('intro').textContent = doc.info.description;
  const main = document.getElementById('main'), nav = document.getElementById('nav'), all = [];
  for (const { name } of doc.tags) {
    const title = $('h2', {}, name), heading = $('strong', {}, name);
    main.append(title); nav.append(heading);
    for (const [path, methods] of Object.entries(doc.paths)) for (const [method, op] of Object.entries(methods)) {
      if (op.tags[0] !== name) continue;
      const view = operationView(doc, path, method, op);
      const link = $('a', { href: '#' + op.operationId, onclick: () => { view.open = true; } }, op.summary);
      main.append(view); nav.append(link);
      all.push({ view, link, text: (path + ' ' + op.operationId + ' ' + op.summary).toLowerCase() });
    }
  }
  const open = () => { const view = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1))); if (view) { view.open = true; view.scrollIntoView(); } };
  addEventListener('hashchange', open); open();
  document.getElementById('find').addEventListener('input', (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const { view, link, text } of all) view.hidden = link.hidden = !text.includes(wanted);
  });
});
`
