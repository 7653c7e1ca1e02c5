// What a loaded module defines, as the backend finds it at a push (semantics §13.1).
'use strict';

const KINDS = [
  ['isQuery', 'query'],
  ['isMutation', 'mutation'],
  ['isAction', 'action'],
];

class Refused extends Error {}

/** The kind of a registered function, null for any other export. */
function kindOf(value) {
  if ((typeof value !== 'function' && typeof value !== 'object') || value === null) return null;
  const kinds = KINDS.filter(([flag]) => value[flag] === true);
  return kinds.length === 1 && !(value.isPublic === true && value.isInternal === true) ? kinds[0][1] : null;
}

function visibilityOf(value) {
  if (value.isPublic === true) return 'public';
  return value.isInternal === true ? 'internal' : null;
}

function validator(registered, method) {
  return typeof registered[method] === 'function' ? JSON.parse(registered[method]()) : null;
}

function functionsOf(exported, usesNode, path) {
  const found = [];
  for (const name of Object.keys(exported)) {
    const registered = exported[name];
    const kind = kindOf(registered);
    if (kind === null) continue;
    if (usesNode && kind !== 'action') {
      const shown = kind === 'query' ? 'Query' : 'Mutation';
      throw new Refused(
        `\`${name}\` defined in \`${path}.js\` is a ${shown} function. Only actions can be defined in Node.js. ` +
          'See https://docs.convex.dev/functions/actions for more details.',
      );
    }
    found.push({
      name,
      kind,
      visibility: visibilityOf(registered),
      args: validator(registered, 'exportArgs'),
      returns: validator(registered, 'exportReturns'),
    });
  }
  return found;
}

function schemaOf(exported) {
  const schema = exported.default;
  if (schema === undefined) throw new Refused('Schema file missing default export.');
  if (typeof schema?.export !== 'function') throw new Refused("Default export from schema file isn't a Convex schema.");
  return JSON.parse(schema.export());
}

function routesOf(exported) {
  const router = exported.default;
  if (router === undefined) throw new Refused('`convex/http.js` must have a default export of a Router.');
  if (router?.isRouter !== true) throw new Refused('The default export of `convex/http.js` is not a Router.');
  return router.getRoutes().map(([path, method]) => ({ path, method }));
}

function cronsOf(exported) {
  const crons = exported.default;
  if (crons === undefined) throw new Refused('`convex/crons.js` must have a default export of Crons.');
  if (crons?.isCrons !== true) throw new Refused('The default export of `convex/crons.js` is not a Crons object.');
  return JSON.parse(crons.export());
}

/** An app's or component's definition, with those of the components in it (`AppDefinition`). */
function definitionOf(definition) {
  const { definitionType, envVars = [], childComponents, httpMounts, httpPrefix } = definition.export();
  const prefixes = new Map(Object.entries(httpMounts).map(([prefix, reference]) => [reference, prefix]));
  return {
    is_app: definitionType.type === 'app',
    variables: envVars.map(([name, { value, optional }]) => ({ name, validator: value, optional: optional === true })),
    components: childComponents.map(({ name, path, env }, at) => ({
      name,
      folder: path,
      definition: definitionOf(definition._childComponents[at][1].definition),
      bindings: (env ?? []).map(([variable, bound]) =>
        bound.type === 'envVar' ? { name: variable, reference: bound.name } : { name: variable, value: bound.value },
      ),
      http_prefix: prefixes.get(`_reference/childComponent/${name}`) ?? null,
    })),
    http_prefix: httpPrefix ?? null,
  };
}

function componentsOf(exported) {
  if (typeof exported.default?.export !== 'function' || !Array.isArray(exported.default._childComponents)) {
    throw new Refused('The default export of `convex.config` is not an app: it must be what `defineApp()` returns.');
  }
  return definitionOf(exported.default);
}

/** The parts of `ModuleSource` that come from the exports of module `path`. Throws what user code throws, or `Refused`. */
function analyze(path, exported, usesNode) {
  if (path === 'schema') return { functions: [], schema: schemaOf(exported) };
  if (path === 'convex.config') return { functions: [], components: componentsOf(exported) };
  const found = { functions: functionsOf(exported, usesNode, path) };
  if (path === 'http') found.routes = routesOf(exported);
  if (path === 'crons') found.crons = cronsOf(exported);
  return found;
}

module.exports = { Refused, analyze };
