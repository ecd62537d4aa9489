import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildTime } from './build-time.mjs';
import { nodeFor, nodeVersion, packagingTools } from './node-binary.mjs';
import { product } from './product.mjs';
import { root, run } from './workshop.mjs';

const npmPrefix = 'node_modules/';

/** Writes what is in the executables as a CycloneDX document: Node, what Node is made of, and the npm packages. */
export function writeSbom(output, executables) {
  const { Enums, Models, Serialize, Spec } = createRequire(join(packagingTools(), 'package.json'))(
    '@cyclonedx/cyclonedx-library',
  );
  const { Application, File, Library, Platform } = Enums.ComponentType;
  const component = (type, name, options = {}) =>
    new Models.Component(type, name, { ...options, bomRef: options.purl ?? options.bomRef });

  const node = component(Platform, 'node', {
    version: nodeVersion,
    purl: `pkg:generic/node@${nodeVersion}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${nodeVersion}:*:*:*:*:*:*:*`,
    licenses: new Models.LicenseRepository([new Models.SpdxLicense('MIT')]),
    components: new Models.ComponentRepository(
      partsOfNode().map(([name, version]) => component(Library, name, { version, bomRef: `node-${name}` })),
    ),
  });

  const packages = npmPackages();
  const components = new Map(
    Object.entries(packages).map(([path, { version, license, integrity }]) => {
      const name = path.slice(path.lastIndexOf(npmPrefix) + npmPrefix.length);
      const licenses = license === undefined ? [] : [new Models.LicenseExpression(license)];
      const hashes = integrity === undefined ? [] : [hashOf(integrity)];
      const options = {
        version,
        purl: purl(name, version),
        licenses: new Models.LicenseRepository(licenses),
        hashes: new Models.HashDictionary(hashes),
      };
      return [path, component(Library, name, options)];
    }),
  );
  const depend = (from, path, names) => {
    for (const name of names) {
      const found = components.get(folderOf(packages, path, name));
      if (found !== undefined) from.dependencies.add(found.bomRef);
    }
  };
  for (const [path, from] of components) depend(from, path, Object.keys(packages[path].dependencies ?? {}));

  const self = component(Application, product.name, {
    version: product.version,
    description: product.description,
    purl: purl(product.name, product.version),
    components: new Models.ComponentRepository(executables.map((name) => component(File, name, { bomRef: name }))),
  });
  self.dependencies.add(node.bomRef);
  depend(self, '', directDependencies());

  const bom = new Models.Bom({
    metadata: new Models.Metadata({ timestamp: new Date(buildTime * 1000), component: self }),
    components: new Models.ComponentRepository([node, ...components.values()]),
  });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  writeFileSync(output, `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`);
}

/** Names and versions of what this Node was built from, as it says itself. */
function partsOfNode() {
  const generator = nodeFor(`${process.platform}-${process.arch}`);
  const { node: _, ...parts } = JSON.parse(run(generator, ['--print', 'JSON.stringify(process.versions)']));
  return Object.entries(parts);
}

/** Every package of package-lock.json that is not for development only, by its folder. */
function npmPackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.fromEntries(Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev));
}

/** The folder in which a package finds another one: its own, or that of a package around it. */
function folderOf(packages, path, name) {
  const inside = `${path === '' ? '' : `${path}/`}${npmPrefix}${name}`;
  if (inside in packages || path === '') return inside;
  return folderOf(packages, path.slice(0, Math.max(0, path.lastIndexOf(npmPrefix) - 1)), name);
}

function directDependencies() {
  return Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies);
}

/** From npm's form, `sha512-<base64>`, to that of CycloneDX. */
function hashOf(integrity) {
  const [algorithm, base64] = integrity.split('-');
  return [algorithm.toUpperCase().replace('SHA', 'SHA-'), Buffer.from(base64, 'base64').toString('hex')];
}

function purl(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
