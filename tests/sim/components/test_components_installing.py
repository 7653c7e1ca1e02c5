"""What an app's definition may say, and what is said of one that Convex refuses to deploy (semantics §12.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from biconvex.sim import Deployment
from biconvex.sim.values import ProjectError
from component_kit import write_project

M = 'import { query } from "./_generated/server";\nexport const f = query({ args: {}, handler: async () => 1 });\n'
CONFIG = 'import { defineComponent } from "convex/server";\nexport default defineComponent("kid");\n'
WITH_ENV = """
    import { defineComponent } from "convex/server";
    import { v } from "convex/values";
    export default defineComponent("kid", {
      env: { KEY: v.string(), LEVEL: v.optional(v.union(v.literal("low"), v.literal("high"))) },
    });
"""

Load = Callable[..., Deployment]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load an app whose `convex.config.ts` goes on like this, with the component `kid` and more files."""

    def load(
        config: str, files: Mapping[str, str] | None = None, *, kid: str = CONFIG, **options: object
    ) -> Deployment:
        header = (
            'import { defineApp } from "convex/server";\nimport { v } from "convex/values";\n'
            'import kid from "./kid/convex.config";\n'
        )
        write_project(
            tmp_path,
            {
                "convex.config.ts": header + config + "\nexport default app;\n",
                "m.ts": M,
                "kid/convex.config.ts": kid,
                "kid/m.ts": M,
                **(files or {}),
            },
        )
        return Deployment(tmp_path, **options)  # type: ignore[arg-type]

    return load


def refusal(load: Load, *args: object, **kwargs: object) -> str:
    with pytest.raises(ProjectError) as caught:
        load(*args, **kwargs)
    return str(caught.value)


def test_a_component_is_called_as_it_defines_unless_it_is_named(load: Load) -> None:
    with load('const app = defineApp(); app.use(kid); app.use(kid, { name: "other" });') as convex:
        assert convex.component("kid").query("m:f") == 1
        assert convex.component("other").query("m:f") == 1


def test_two_components_of_one_name_are_refused(load: Load) -> None:
    assert refusal(load, "const app = defineApp(); app.use(kid); app.use(kid);") == (
        'convex/convex.config: The app has multiple child components with the same name: "kid". '
        'Give one another name: app.use(component, { name: "…" })'
    )


def test_a_name_that_is_none_is_refused(load: Load) -> None:
    message = refusal(load, 'const app = defineApp(); app.use(kid, { name: "my-kid" });')
    assert message.startswith('convex/convex.config: "my-kid" can\'t be the name of a component: ')


def test_what_the_package_refuses_is_told_with_its_place(load: Load) -> None:
    assert refusal(load, 'const app = defineApp(); app.use(kid, { httpPrefix: "x" });') == (
        'convex/convex.config.ts can\'t be loaded: Uncaught Error: httpPrefix must start with "/". Received: "x"\n'
        "    at convex/convex.config.ts:4:30"
    )


def test_a_prefix_for_a_component_without_routes_is_refused(load: Load) -> None:
    assert refusal(load, 'const app = defineApp(); app.use(kid, { httpPrefix: "/kid" });') == (
        'convex/convex.config: HTTP mount "/kid/" is invalid: Child component "kid" doesn\'t have any HTTP routes.'
    )


def test_a_default_export_that_is_no_app_is_refused(load: Load) -> None:
    assert refusal(load, "const app = 1;") == (
        "convex/convex.config.ts: The default export of `convex.config` is not an app: "
        "it must be what `defineApp()` returns."
    )


def test_a_component_that_defines_none_is_refused(load: Load) -> None:
    message = refusal(load, "const app = defineApp(); app.use(kid);", kid="export default 1;")
    assert message.partition("\n")[0] == (
        "convex/convex.config.ts can't be loaded: Uncaught Error: The default export of convex/kid/convex.config.ts is "
        "not a component: it must be what `defineComponent(name)` returns."
    )


def test_a_component_that_is_not_there_is_refused_with_the_place_of_its_import(load: Load) -> None:
    message = refusal(
        load, 'import other from "./other/convex.config";\nconst app = defineApp(); app.use(other);'
    )
    assert "can't be bundled" in message
    assert 'convex.config.ts:4:19: Could not resolve "./other/convex.config"' in message


def test_a_component_that_is_not_installed_is_named_with_what_installs_it(load: Load, tmp_path: Path) -> None:
    message = refusal(
        load,
        'import absent from "@convex-dev/absent/convex.config.js";\nconst app = defineApp(); app.use(absent);',
    )
    assert message == (
        f"{tmp_path}/convex can't be bundled:\n"
        '  convex/convex.config.ts:4:20: Could not resolve "@convex-dev/absent/convex.config.js"\n'
        "  Install what is missing: npm install @convex-dev/absent"
    )


def test_a_module_of_a_component_that_cannot_be_loaded_is_named(load: Load) -> None:
    message = refusal(
        load, "const app = defineApp(); app.use(kid);", {"kid/bad.ts": 'throw new Error("no");\nexport {};'}
    )
    assert message.partition("\n")[0] == "kid/bad.ts can't be loaded: Uncaught Error: no"


def test_a_component_without_modules_is_refused(load: Load, tmp_path: Path) -> None:
    message = refusal(
        load,
        'import none from "./none/convex.config";\nconst app = defineApp(); app.use(none);',
        {"none/convex.config.ts": CONFIG.replace("kid", "none")},
    )
    assert message == (
        f"{tmp_path}/convex/none has no Convex functions: no TypeScript, JavaScript or Python module was found in it"
    )


# Variables.


def test_variables_that_the_app_declares_must_be_given(load: Load) -> None:
    config = "const app = defineApp({ env: { A: v.string(), B: v.optional(v.string()), C: v.string() } }); app.use(kid);"
    assert refusal(load, config, env={"C": "1"}) == (
        "convex/convex.config: Required environment variables are not set: A. "
        "Give them to the deployment: Deployment(…, env={…}), @pytest.mark.convex(env={…}), or biconvex run --env"
    )


def test_variables_of_the_app_are_held_to_their_validators(load: Load) -> None:
    config = 'const app = defineApp({ env: { A: v.union(v.literal("x"), v.literal("y")) } }); app.use(kid);'
    message = refusal(load, config, env={"A": "z"})
    assert message.startswith('convex/convex.config: the environment variable "A" is invalid: ')


def test_a_component_must_get_the_variables_that_it_requires(load: Load) -> None:
    # The types of the package refuse these as well; what runs doesn't know them.
    assert refusal(load, "const app = defineApp(); app.use(kid as any);", kid=WITH_ENV) == (
        'convex/convex.config: Component "kid" is missing required env var "KEY"'
    )


def test_a_component_must_know_the_variables_that_it_gets(load: Load) -> None:
    config = 'const app = defineApp(); app.use(kid as any, { env: { KEY: "k", NEW: "n" } });'
    assert refusal(load, config, kid=WITH_ENV) == (
        'convex/convex.config: Component "kid" has no env var named "NEW"'
    )


def test_values_for_a_component_are_held_to_its_validators(load: Load) -> None:
    config = 'const app = defineApp(); app.use(kid as any, { env: { KEY: "k", LEVEL: "middle" } });'
    message = refusal(load, config, kid=WITH_ENV)
    assert message.startswith(
        'convex/convex.config: Component "kid" has an invalid value for env var "LEVEL": '
    )


def test_an_optional_variable_cannot_stand_for_a_required_one(load: Load) -> None:
    config = "const app = defineApp({ env: { K: v.optional(v.string()) } }); app.use(kid, { env: { KEY: app.env.K } });"
    assert refusal(load, config, kid=WITH_ENV) == (
        'convex/convex.config: Component "kid" env var "KEY" is required, but parent env var K is optional'
    )


def test_a_variable_that_the_app_does_not_declare_cannot_be_passed_on(load: Load) -> None:
    config = "const app = defineApp(); app.use(kid, { env: { KEY: (app.env as any).K } });"
    assert refusal(load, config, kid=WITH_ENV).partition("\n")[0] == (
        'convex/convex.config.ts can\'t be loaded: Uncaught Error: Env var "K" is not declared on this app. '
        "Add it to the `env` option of defineApp."
    )


def test_a_variable_of_the_app_reaches_the_component_under_its_own_name(load: Load) -> None:
    config = "const app = defineApp({ env: { K: v.string() } }); app.use(kid, { env: { KEY: app.env.K } });"
    with load(config, kid=WITH_ENV, env={"K": "secret", "KEY": "not this"}) as convex:
        assert convex.component("kid").environment == {
            "CONVEX_CLOUD_URL": "https://anonymous-biconvex.convex.cloud",
            "CONVEX_SITE_URL": "https://anonymous-biconvex.convex.site",
            "KEY": "secret",
        }


# What stays as it was.


def test_an_app_whose_definition_installs_nothing_is_an_app_like_others(load: Load) -> None:
    with load("const app = defineApp();") as convex:
        assert convex.query("m:f") == 1
        assert [function.path for function in convex.functions] == ["m:f"]


def test_a_changed_definition_is_read_again(load: Load, tmp_path: Path) -> None:
    load("const app = defineApp(); app.use(kid);").close()
    file = tmp_path / "convex" / "convex.config.ts"
    file.write_text(file.read_text().replace("app.use(kid);", 'app.use(kid, { name: "renamed" });'))
    with Deployment(tmp_path) as convex:
        assert convex.component("renamed").query("m:f") == 1


def test_the_routes_of_an_app_can_be_moved_below_a_prefix(load: Load) -> None:
    http = """
        import { httpRouter } from "convex/server";
        import { httpAction } from "./_generated/server";
        const http = httpRouter();
        const handler = httpAction(async (_ctx, request) => new Response(new URL(request.url).pathname));
        http.route({ path: "/exact", method: "GET", handler });
        http.route({ pathPrefix: "/files/", method: "GET", handler });
        export default http;
    """
    config = 'const app = defineApp({ httpPrefix: "/v1" }); app.use(kid, { httpPrefix: "/v1/files/deep" });'
    with load(config, {"http.ts": http, "kid/http.ts": http}) as convex:
        assert convex.fetch("/v1/exact").text == "/v1/exact"
        assert convex.fetch("/v1/files/a").text == "/v1/files/a"
        assert convex.fetch("/v1/files/deep/exact").text == "/v1/files/deep/exact"
        assert convex.fetch("/v1/files/deep/no").status == 404
        assert convex.fetch("/exact").text == "This Convex deployment does not have HTTP actions enabled."
