import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFor, nodeVersion } from './node-binary.mjs';
import { product } from './product.mjs';
import { root, run } from './workshop.mjs';

/** Writes what is in both executables as a CycloneDX document: Node, what Node is made of, and the npm packages. */
export function writeSbom(output) {
  const executables = ['contain-host.exe', 'contain-host'].map((name) => ({ type: 'file', name }));
  const self = {
    type: 'application',
    'bom-ref': purl(product),
    purl: purl(product),
    ...product,
    components: executables,
  };
  const packages = npmPackages();
  const node = nodeComponent();
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { timestamp: new Date().toISOString(), component: self },
    components: [node, ...packages.map(({ component }) => component)],
    dependencies: [
      { ref: self['bom-ref'], dependsOn: [node['bom-ref'], ...refsOf(packages, directDependencies())] },
      ...packages.map(({ component, dependsOn }) => ({
        ref: component['bom-ref'],
        dependsOn: refsOf(packages, dependsOn),
      })),
    ],
  };
  writeFileSync(output, `${JSON.stringify(document, null, 2)}\n`);
}

function nodeComponent() {
  const generator = nodeFor(`${process.platform}-${process.arch}`);
  const { node: _, ...parts } = JSON.parse(run(generator, ['--print', 'JSON.stringify(process.versions)']));
  const version = nodeVersion;
  return {
    type: 'platform',
    'bom-ref': `pkg:generic/node@${version}`,
    name: 'node',
    version,
    licenses: [{ license: { id: 'MIT' } }],
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    purl: `pkg:generic/node@${version}`,
    components: Object.entries(parts).map(([name, version]) => ({ type: 'library', name, version })),
  };
}

/** Every package of package-lock.json that is not for development only. */
function npmPackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([path, { version, license, integrity, dependencies = {} }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const ref = purl({ name, version });
      const component = {
        type: 'library',
        'bom-ref': ref,
        name,
        version,
        ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
        ...(integrity === undefined ? {} : { hashes: [hashOf(integrity)] }),
        purl: ref,
      };
      return { component, dependsOn: Object.keys(dependencies) };
    });
}

function directDependencies() {
  return Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies);
}

function refsOf(packages, names) {
  return packages
    .filter(({ component }) => names.includes(component.name))
    .map(({ component }) => component['bom-ref']);
}

function hashOf(integrity) {
  const [algorithm, base64] = integrity.split('-');
  return {
    alg: algorithm.toUpperCase().replace('SHA', 'SHA-'),
    content: Buffer.from(base64, 'base64').toString('hex'),
  };
}

function purl({ name, version }) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
