# SPDX-License-Identifier: GPL-2.0
# openQA test module: watch a Xen host while the other tests run. Schedule it twice: the first run starts the monitor, a run
# with GRANTWATCH_STOP=1 among its arguments (or the setting) ends it and uploads what was found.
#
# Settings: GRANTWATCH_SOFT=1 notes findings without failing; GRANTWATCH_OPTIONS are options of `grantwatch ci start`.
package grantwatch;
use Mojo::Base 'basetest';
use testapi;

my $dir = '/var/log/grantwatch';

sub start {
    my $soft = get_var('GRANTWATCH_SOFT') ? '--soft' : '';
    assert_script_run("grantwatch ci start $soft " . get_var('GRANTWATCH_OPTIONS', ''), 180);
}

sub stop {
    # 2: a race, 3: blind. The results tell; only when there are none has the monitor itself failed.
    my $status = script_run('grantwatch ci stop', 90);
    die "grantwatch ci stop: $status" unless defined $status && ($status == 0 || $status == 2 || $status == 3);
    parse_extra_log(JUnit => "$dir/report.xml");
    upload_logs("$dir/$_") for qw(report.txt report.ndjson rates.json monitor.log);
    return unless $status;
    assert_script_run("tar -C $dir -czf /tmp/grantwatch-saved.tar.gz current");
    upload_logs('/tmp/grantwatch-saved.tar.gz');
}

sub run {
    my ($self, $args) = @_;
    select_console('root-console');
    if (get_var('GRANTWATCH_STOP') || ($args && $args->{stop})) { stop() }
    else { start() }
}

sub test_flags { return {fatal => 0} }

1;
