// Bundles the Billing page and the support desk into functions/billing_page/bundle, or into the folder named by the first argument.
//
//   billing.<language>.js   what the first view needs: page/main.js and all that it imports
//   views.<language>.js     views of money, which main.js loads on demand; it imports the shared modules from billing.<language>.js
//   company.<language>.js   views of lines and of the company, in the same way
//   places.<language>.js    the other views, in the same way
//   desk.js                 the support desk, in English
//   billing.css desk.css    the styles
//
// File names are fixed: the URL of an asset contains a version of all files. `import … from "messages/<area>"` means
// page/messages/<area>.<language>.json, or the file of the domain layer if the area is one that mails share;
// `import … from "domain/<name>"` means <name>.json of the domain layer.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "functions", "billing_page");
const [page, desk] = [join(folder, "page"), join(folder, "desk")];
const domain = join(root, "layers", "domain", "calling_credit");
const SHARED_AREAS = ["reasons"];
const out = resolve(process.argv[2] ?? join(folder, "bundle"));
const LANGUAGES = ["en", "fr"];
const ON_DEMAND = ["views", "company", "places"];
const OPTIONS = { bundle: true, minify: true, format: "esm", target: "es2023", charset: "utf8", legalComments: "none", logLevel: "warning", metafile: true, write: false, absWorkingDir: folder };

const files = new Map();

for (const language of LANGUAGES) {
	const main = await build({ ...OPTIONS, stdin: entry([join(page, "main.js")], []), external: ON_DEMAND.map((name) => `./${name}.js`), plugins: [messages(language), renamed(language)] });
	const shared = Object.keys(main.metafile.inputs).filter((path) => path.startsWith("page/") && path.endsWith(".js")).map((path) => join(folder, path)).sort();
	const first = await build({ ...OPTIONS, stdin: entry([join(page, "main.js")], shared.filter((path) => !path.endsWith("/main.js"))), plugins: [messages(language), renamed(language)] });
	files.set(`billing.${language}.js`, first.outputFiles[0].text);
	for (const name of ON_DEMAND) {
		const views = await build({ ...OPTIONS, entryPoints: [join(page, `${name}.js`)], plugins: [messages(language), inFirst(new Set(shared), language)] });
		files.set(`${name}.${language}.js`, views.outputFiles[0].text);
	}
}
const staff = await build({ ...OPTIONS, entryPoints: [join(desk, "desk.js")], plugins: [messages("en")] });
files.set("desk.js", staff.outputFiles[0].text);
for (const [name, path] of [["billing.css", join(page, "billing.css")], ["desk.css", join(desk, "desk.css")]]) {
	const styles = await build({ ...OPTIONS, entryPoints: [path] });
	files.set(name, styles.outputFiles[0].text);
}

mkdirSync(out, { recursive: true });
for (const name of readdirSync(out)) if (!files.has(name)) rmSync(join(out, name));
for (const [name, text] of files) writeFileSync(join(out, name), text);

/** An entry that runs `run` and exports every name of `shared`, for the bundle of the other views. */
function entry(run, shared) {
	const names = new Map();
	for (const path of shared) {
		for (const [, name] of readFileSync(path, "utf8").matchAll(/^export (?:async )?(?:const|let|function|class) (\w+)/gm)) {
			if (names.has(name)) throw new Error(`${path} and ${names.get(name)} both export ${name}: rename one, because the bundle exports both.`);
			names.set(name, path);
		}
	}
	const lines = [...run.map((path) => `import ${JSON.stringify(path)};`), ...shared.map((path) => `export * from ${JSON.stringify(path)};`)];
	return { contents: lines.join("\n"), resolveDir: page, loader: "js" };
}

/** Read `messages/<area>` in a language, and `domain/<name>`. */
function messages(language) {
	return { name: "messages", setup({ onResolve }) {
		onResolve({ filter: /^messages\// }, ({ path }) => {
			const area = path.slice("messages/".length);
			return { path: join(SHARED_AREAS.includes(area) ? domain : page, "messages", `${area}.${language}.json`) };
		});
		onResolve({ filter: /^domain\// }, ({ path }) => ({ path: join(domain, `${path.slice("domain/".length)}.json`) }));
	} };
}

/** Load the other views in the same language. */
function renamed(language) {
	return { name: "renamed", setup({ onResolve }) {
		onResolve({ filter: new RegExp(`^\\./(${ON_DEMAND.join("|")})\\.js$`) }, ({ path }) => ({ path: path.replace(".js", `.${language}.js`), external: true }));
	} };
}

/** Import modules of the first bundle from it. */
function inFirst(shared, language) {
	return { name: "in-first", setup({ onResolve }) {
		onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir }) => (shared.has(resolve(resolveDir, path)) ? { path: `./billing.${language}.js`, external: true } : undefined));
	} };
}
