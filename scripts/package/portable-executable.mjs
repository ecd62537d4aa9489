import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { alignToPages, fileOffset } from './page-aligned.mjs';

/** LOAD_LIBRARY_SEARCH_SYSTEM32: no DLL is looked for beside the executable, in the working folder or on PATH. */
const system32Only = 0x800;

const iconResources = [3, 14];
const english = { lang: 0x409, codepage: 1200 };

/**
 * Makes a Node executable ours: its version resource, neither icon nor signature of Node's, closed to DLLs that lie
 * beside it, its sections in whole pages. Takes and returns the bytes of the file; `resedit` is the library of that
 * name.
 */
export function finishExecutable(bytes, { NtExecutable, NtExecutableResource, Resource }, identity) {
  searchDllsInSystem32Only(bytes);
  const executable = NtExecutable.from(bytes, { ignoreCert: true });
  const resources = NtExecutableResource.from(executable);
  const others = resources.entries.filter(({ type }) => !iconResources.includes(type));
  describe(Resource.VersionInfo.fromEntries(others)[0], identity).outputToResourceEntries(others);
  resources.entries = others;
  resources.outputResource(executable);
  return alignToPages(Buffer.from(executable.generate()));
}

/** Sets what the linker's /DEPENDENTLOADFLAG sets; Windows honours it from version 1607 on. */
function searchDllsInSystem32Only(bytes) {
  const headers = bytes.readUInt32LE(0x3c) + 24;
  const loadConfiguration = fileOffset(bytes, bytes.readUInt32LE(headers + 112 + 10 * 8));
  bytes.writeUInt16LE(system32Only, loadConfiguration + 0x4e);
}

function describe(versionInfo, { name, description, version }) {
  for (const language of versionInfo.getAllLanguagesForStringValues()) versionInfo.removeAllStringValues(language);
  versionInfo.lang = english.lang;
  versionInfo.setFileVersion(`${version}.0`, english.lang);
  versionInfo.setProductVersion(`${version}.0`, english.lang);
  versionInfo.setStringValues(english, {
    ProductName: name,
    FileDescription: description,
    FileVersion: version,
    ProductVersion: version,
    InternalName: name,
    OriginalFilename: `${name}.exe`,
  });
  return versionInfo;
}

/** The library, from the folder of the packaging tools. */
export function loadResedit(tools) {
  return import(pathToFileURL(join(tools, 'node_modules', 'resedit', 'dist', 'index.js')));
}
