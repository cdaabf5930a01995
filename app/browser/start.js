// Loads the portal's WebAssembly and brings the page's islands to life, one after the other.
import init, * as portal from './chancery.js';

await init({ module_or_path: new URL('./chancery_bg.wasm', import.meta.url) });
portal.hydrate();
for (const island of document.querySelectorAll('leptos-island')) {
  portal[island.dataset.component]?.(island);
}
document.documentElement.dataset.ready = '';
