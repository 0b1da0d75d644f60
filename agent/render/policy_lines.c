/* SPDX-License-Identifier: Apache-2.0 */
#include "render/policy_lines.h"

static bool asks_agent(const struct line_out *o)
{
    return o->env->agent.n > 0;
}

void policy_filter_line(struct line_out *o)
{
    if (!asks_agent(o))
        return;
    line_new(o, "filter spoe engine thalassa config ");
    line_map(o, STR("spoe.conf"));
}

void policy_lines(struct line_out *o)
{
    if (!asks_agent(o) && !o->env->lua)
        return;
    line_new(o, "http-request set-var(txn.ask) fe_name,map_str(");
    line_map(o, STR("maps/policies.map"));
    line_more(o, ")");
    if (asks_agent(o))
        line_new(o, "http-request send-spoe-group thalassa decide if { var(txn.ask) -m found } "
                    "{ nbsrv(" POLICY_AGENTS ") gt 0 }");
    if (o->env->lua)
        line_new(o, "http-request lua.thalassa_decide if { var(txn.ask) -m found }%s",
                 asks_agent(o) ? " !{ var(txn.thalassa.done) -m found }" : "");
    /* a backend that cannot serve, or that nobody knows, leaves the request where it was */
    line_new(o, "http-request set-var(txn.be) var(txn.thalassa.backend) if { "
                "var(txn.thalassa.backend),map_str(");
    line_map(o, STR("maps/proxies.map"));
    line_more(o, "),nbsrv gt 0 }");
}

void policy_use_condition(struct line_out *o)
{
    if (asks_agent(o) || o->env->lua)
        line_more(o, " or { var(txn.be),strcmp(txn.thalassa.backend) eq 0 }");
}

void policy_agents_lines(struct line_out *o)
{
    line_new(o, "mode %s", o->env->mode_spop ? "spop" : "tcp");
    line_new(o, "option spop-check");
    line_new(o, "timeout connect 100ms");
    line_new(o, "timeout check 500ms");
    line_new(o, "timeout server 60s");
    line_new(o, "server agent ");
    line_word(o, o->env->agent);
    /* the first request that meets a dead agent takes it out, a check brings it back */
    line_more(o,
              " check inter 1s fastinter 200ms fall 1 rise 1 observe layer4 error-limit 1 "
              "on-error mark-down%s",
              o->env->init_state ? " init-state fully-down" : "");
}

void policy_lua_lines(struct line_out *o)
{
    if (o->env->lua_bools) /* otherwise these versions warn */
        line_new(o, "tune.lua.bool-sample-conversion normal");
    line_new(o, "lua-load ");
    line_map(o, STR("lua/thalassa.lua"));
}

struct str policy_agent_address(struct arena *a, struct str listen)
{
    static const struct {
        const char *all, *own;
    } hosts[] = {{"*:", "127.0.0.1:"}, {"0.0.0.0:", "127.0.0.1:"}, {"[::]:", "[::1]:"}};

    if (str_starts(listen, STR("/")))
        return arena_printf(a, "unix@" STR_FMT, STR_ARG(listen));
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct str all = str_z(hosts[i].all);
        if (str_starts(listen, all))
            return arena_printf(a, "%s%.*s", hosts[i].own, (int)(listen.n - all.n),
                                listen.p + all.n);
    }
    return arena_str(a, listen);
}
