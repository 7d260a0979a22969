# SPDX-License-Identifier: GPL-2.0
# openQA test module which watches a Xen host while other tests run. Schedule it twice: the first run starts the monitor. The second
# run, with the argument stop or the setting GRANTWATCH_STOP=1, ends it and uploads the results.
#
# Settings: with GRANTWATCH_SOFT=1 findings are soft failures. GRANTWATCH_OPTIONS has options for `grantwatch ci start`.
package grantwatch;
use Mojo::Base 'basetest';
use testapi;

my $dir = '/var/log/grantwatch';

sub start {
    my $soft = get_var('GRANTWATCH_SOFT') ? '--soft' : '';
    assert_script_run("grantwatch ci start $soft " . get_var('GRANTWATCH_OPTIONS', ''), 180);
}

sub stop {
    # Exit status 2 is a finding and 3 a blind run, which the uploaded results report. Others are failures of the monitor.
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
