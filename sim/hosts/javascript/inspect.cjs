// How console shows values: Convex's runtime does it with the package object-inspect, indented by two spaces, and this is
// what that gives. Evaluated inside every context, whose own classes it has to know; `OuterObject` is the base class of what
// comes from outside.
(function inspecting(OuterObject) {
  'use strict';

  const MAX_DEPTH = 5;
  const MAX_STRING = 32768;
  const INDENT = '  ';
  const { Array, Error, Object, Reflect, Symbol, WeakMap, WeakSet, Map, Set, String, Number, Boolean, BigInt, Function } = globalThis;
  const { WeakRef, RegExp, Date } = globalThis;
  const uncurried = (method) => (self, ...args) => Reflect.apply(method, self, args);
  const classOf = uncurried(Object.prototype.toString);
  const hasOwn = uncurried(Object.prototype.hasOwnProperty);
  const isEnumerable = uncurried(Object.prototype.propertyIsEnumerable);
  const functionText = uncurried(Function.prototype.toString);
  const { getPrototypeOf, getOwnPropertySymbols } = Object;
  const ObjectPrototype = Object.prototype;
  const ErrorPrototype = Error.prototype;
  const { toStringTag, iterator } = Symbol;
  const sizeOfMap = uncurried(Reflect.getOwnPropertyDescriptor(Map.prototype, 'size').get);
  const sizeOfSet = uncurried(Reflect.getOwnPropertyDescriptor(Set.prototype, 'size').get);
  const eachOfMap = uncurried(Map.prototype.forEach);
  const eachOfSet = uncurried(Set.prototype.forEach);
  const ESCAPES = { 8: 'b', 9: 't', 10: 'n', 12: 'f', 13: 'r' };

  /** Whether a method that only real instances of a class have can be called. */
  function passes(check, value) {
    try {
      check(value);
      return true;
    } catch {
      return false;
    }
  }
  const inMap = uncurried(Map.prototype.has);
  const inSet = uncurried(Set.prototype.has);
  const inWeakMap = uncurried(WeakMap.prototype.has);
  const inWeakSet = uncurried(WeakSet.prototype.has);
  const valueOfBigInt = uncurried(BigInt.prototype.valueOf);
  const valueOfBoolean = uncurried(Boolean.prototype.valueOf);
  const valueOfSymbol = uncurried(Symbol.prototype.valueOf);
  const isMap = (value) => passes(inMap, value) && !passes(inSet, value);
  const isSet = (value) => passes(inSet, value) && !passes(inMap, value);
  const isWeakMap = (value) => passes((x) => inWeakMap(x, x), value);
  const isWeakSet = (value) => passes((x) => inWeakSet(x, x), value);
  /** Whether a value is of a built-in class and doesn't say otherwise of itself. */
  const isA = (name) => (value) => classOf(value) === `[object ${name}]` && !(typeof value === 'object' && toStringTag in value);
  const [isArray, isDate, isRegExp, isError, isString, isNumber, isBoolean] = [
    'Array', 'Date', 'RegExp', 'Error', 'String', 'Number', 'Boolean',
  ].map(isA); // prettier-ignore

  function quote(text, most) {
    if (text.length > most) {
      const left = text.length - most;
      return `${quote(text.slice(0, most), most)}... ${left} more character${left > 1 ? 's' : ''}`;
    }
    let quoted = "'";
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 39 || code === 92) quoted += `\\${text[i]}`;
      else if (code >= 32) quoted += text[i];
      else if (ESCAPES[code] !== undefined) quoted += `\\${ESCAPES[code]}`;
      else quoted += `\\x${code < 16 ? '0' : ''}${code.toString(16).toUpperCase()}`;
    }
    return `${quoted}'`;
  }

  /** Parts between braces, each on a line of its own; on one line where `depth` is null: in keys of a map. */
  function indented(parts, depth) {
    if (parts.length === 0) return '';
    if (depth === null) return parts.join(', ');
    const outer = `\n${INDENT.repeat(depth)}`;
    return outer + INDENT + parts.join(`,${outer}${INDENT}`) + outer;
  }

  function nameOfFunction(value) {
    if (value.name) return value.name;
    const [, name] = /^function\s*([\w$]+)/.exec(functionText(value)) ?? [];
    return name ?? null;
  }

  /** Members of an array or object: items, then own keys, then own symbols. */
  function members(value, show) {
    const parts = [];
    const ofArray = isArray(value);
    if (ofArray) {
      for (let i = 0; i < value.length; i++) parts[i] = hasOwn(value, i) ? show(value[i], value) : '';
    }
    for (const key in value) {
      if (!hasOwn(value, key)) continue;
      if (ofArray && String(Number(key)) === key && key < value.length) continue;
      parts.push(`${/[^\w$]/.test(key) ? show(key, value) : key}: ${show(value[key], value)}`);
    }
    for (const symbol of getOwnPropertySymbols(value)) {
      if (isEnumerable(value, symbol)) parts.push(`[${show(symbol)}]: ${show(value[symbol], value)}`);
    }
    return parts;
  }

  function showError(value, show) {
    const parts = members(value, show);
    if (!('cause' in ErrorPrototype) && 'cause' in value && !isEnumerable(value, 'cause')) {
      parts.unshift(`[cause]: ${parts.length > 0 ? show(value.cause, value) : show(value.cause)}`);
    }
    return parts.length === 0 ? `[${String(value)}]` : `{ [${String(value)}] ${parts.join(', ')} }`;
  }

  function showObject(value, depth, show) {
    const parts = members(value, show);
    const base = getPrototypeOf(value);
    const isPlain = base === ObjectPrototype || base === OuterObject.prototype;
    const noPrototype = value instanceof Object || value instanceof OuterObject ? '' : 'null prototype';
    let tag = '';
    if (!isPlain && toStringTag in value) tag = classOf(value).slice(8, -1);
    else if (noPrototype !== '') tag = 'Object';
    const maker = isPlain || typeof value.constructor !== 'function' ? '' : value.constructor.name;
    const start =
      (maker ? `${maker} ` : '') + (tag !== '' ? `[${tag}${noPrototype === '' ? '' : `: ${noPrototype}`}] ` : '');
    if (parts.length === 0) return `${start}{}`;
    return depth === null ? `${start}{ ${indented(parts, depth)} }` : `${start}{${indented(parts, depth)}}`;
  }

  function showFunction(value, show) {
    const name = nameOfFunction(value);
    const parts = members(value, show);
    return `[Function${name ? `: ${name}` : ' (anonymous)'}]${parts.length > 0 ? ` { ${parts.join(', ')} }` : ''}`;
  }

  function showArray(value, depth, show) {
    if (value.length === 0) return '[]';
    const parts = members(value, show);
    const inLines = depth !== null && parts.some((part) => part.includes('\n'));
    return inLines ? `[${indented(parts, depth)}]` : `[ ${parts.join(', ')} ]`;
  }

  function showBoxed(value, show) {
    if (isNumber(value)) return `Object(${show(Number(value))})`;
    if (passes(valueOfBigInt, value)) return `Object(${show(valueOfBigInt(value))})`;
    if (isBoolean(value)) return `Object(${valueOfBoolean(value)})`;
    if (isString(value)) return `Object(${show(String(value))})`;
    if (passes(valueOfSymbol, value)) return `Object(${String(valueOfSymbol(value))})`;
    return null;
  }

  function showCollection(value, depth, show) {
    const parts = [];
    if (isMap(value)) {
      eachOfMap(value, (item, key) => parts.push(`${show(key, value, true)} => ${show(item, value)}`));
      return `Map (${sizeOfMap(value)}) {${indented(parts, depth)}}`;
    }
    if (isSet(value)) {
      eachOfSet(value, (item) => parts.push(show(item, value)));
      return `Set (${sizeOfSet(value)}) {${indented(parts, depth)}}`;
    }
    if (isWeakMap(value)) return 'WeakMap { ? }';
    if (isWeakSet(value)) return 'WeakSet { ? }';
    return value instanceof WeakRef ? 'WeakRef { ? }' : null;
  }

  function inspect(value, depth, seen, inKey) {
    if (value === null) return 'null';
    switch (typeof value) {
      case 'string':
        return quote(value, inKey ? Infinity : MAX_STRING);
      case 'number':
        return Object.is(value, -0) ? '-0' : String(value);
      case 'bigint':
        return `${value}n`;
      case 'object':
        if (depth >= MAX_DEPTH) return isArray(value) ? '[Array]' : '[Object]';
        break;
      case 'function':
        break;
      default:
        return String(value);
    }
    if (seen.includes(value)) return '[Circular]';
    const show = (member, from, isKey = false) =>
      inspect(member, depth + 1, from === undefined ? seen : [...seen, from], inKey || isKey);
    const indent = inKey ? null : depth;
    if (typeof value === 'function') return showFunction(value, show);
    if (isArray(value)) return showArray(value, indent, show);
    if (isError(value)) return showError(value, show);
    if (typeof value.inspect === 'function') return value.inspect();
    const special = showCollection(value, indent, show) ?? showBoxed(value, show);
    if (special !== null) return special;
    if (value === globalThis) return '{ [object globalThis] }';
    return isDate(value) || isRegExp(value) ? String(value) : showObject(value, indent, show);
  }

  return (value) => String(inspect(value, 0, [], false));
});
