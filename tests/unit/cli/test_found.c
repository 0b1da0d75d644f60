/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/found.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static void expect_str(struct str have, const char *want)
{
    char text[256];

    assert_string_equal(str_copy(text, sizeof text, have), want);
}

static void test_debians_unit(void **state)
{
    struct arena a = ARENA_INIT;
    struct found f = {0};

    (void)state;
    assert_true(found_read_arguments(
        &a,
        STR("/usr/sbin/haproxy\0-Ws\0-f\0/etc/haproxy/haproxy.cfg\0-p\0/run/haproxy.pid\0-S\0"
            "/run/haproxy-master.sock\0"),
        STR("/"), &f));
    expect_str(f.config, "/etc/haproxy/haproxy.cfg");
    expect_str(f.pid_file, "/run/haproxy.pid");
    expect_str(f.master_socket, "/run/haproxy-master.sock");
    arena_free(&a);
}

static void test_relative_paths_and_settings_of_the_socket(void **state)
{
    struct arena a = ARENA_INIT;
    struct found f = {0};

    (void)state;
    assert_true(
        found_read_arguments(&a,
                             STR("haproxy\0-W\0-S\0m.sock,mode,600\0-f\0a.cfg\0-f\0b.cfg\0-sf\0"
                                 "12\0"),
                             STR("/srv"), &f));
    expect_str(f.config, "/srv/a.cfg");
    expect_str(f.master_socket, "/srv/m.sock");
    expect_str(f.pid_file, "");
    f = (struct found){0};
    assert_false(found_read_arguments(&a, STR("haproxy\0-v\0"), STR("/"), &f));
    assert_false(found_read_arguments(&a, STR(""), STR("/"), &f));
    assert_false(found_read_arguments(&a, STR("haproxy\0-f"), STR("/"), &f));
    arena_free(&a);
}

static void test_the_socket_of_level_admin_is_taken(void **state)
{
    struct arena a = ARENA_INIT;
    struct found f = {0};

    (void)state;
    found_read_config(&a,
                      STR("global\n"
                          "    # stats socket /no.sock level admin\n"
                          "    stats socket /run/user.sock mode 600\n"
                          "    stats socket ipv4@127.0.0.1:9999 level admin\n"
                          "    stats socket unix@/run/op.sock level operator\n"
                          "\tstats  socket 'unix@/run/x.sock' level\n"
                          "    stats socket \"/run/admin.sock\" mode 660 level admin expose-fd "
                          "listeners\r\n"
                          "    stats socket /run/second.sock level admin\n"
                          "    stats timeout 1h"),
                      &f);
    expect_str(f.admin_socket, "/run/admin.sock");
    expect_str(f.other_socket, "/run/user.sock");
    arena_free(&a);
}

static void test_only_what_differs_is_printed(void **state)
{
    struct options o = {.haproxyPath = "/usr/sbin/haproxy",
                        .haproxyCfgPath = "/etc/haproxy/haproxy.cfg",
                        .haproxySocketPath = "/tmp/haproxy.status.sock",
                        .haproxyMasterSocketPath = "/run/haproxy-master.sock",
                        .haproxyPidPath = "/var/run/haproxy.pid"};
    struct found f = {.program = STR("/usr/sbin/haproxy"),
                      .config = STR("/etc/haproxy/haproxy.cfg"),
                      .admin_socket = STR("/run/haproxy/admin.sock"),
                      .master_socket = STR("/run/haproxy-master.sock"),
                      .pid_file = STR("/run/haproxy.pid")};
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    found_put_options(&out, &f, &o);
    expect_str(buf_str(&out),
               "--haproxySocketPath /run/haproxy/admin.sock --haproxyPidPath /run/haproxy.pid");
    o.haproxySocketPath = "/run/haproxy/admin.sock";
    o.haproxyPidPath = "/run/haproxy.pid";
    buf_reset(&out);
    found_put_options(&out, &f, &o);
    assert_int_equal(out.n, 0);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_debians_unit),
        cmocka_unit_test(test_relative_paths_and_settings_of_the_socket),
        cmocka_unit_test(test_the_socket_of_level_admin_is_taken),
        cmocka_unit_test(test_only_what_differs_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
