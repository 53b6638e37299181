module jmx-injector/tests/cluster/tools/pause

go 1.24.0

tool jmx-injector/tests/cluster/tools/pause
