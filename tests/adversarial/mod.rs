//! Every way out of a sandbox that `docs/threat-model.md` names, tried from inside, as an ordinary
//! user's sandbox and as root's.
//!
//! The tests that stand for each threat:
//!
//! 1 `e2e/terminal::typing_into_the_terminal`
//! 2 `e2e/processes::descriptors_of_the_caller_are_closed`
//! 2 `e2e/attacks::directory_as_a_standard_descriptor`
//! 2 `adversarial/descriptors::a_working_directory_through_a_descriptor`
//! 3 `adversarial/descriptors::a_directory_passed_over_a_socket`
//! 3 `adversarial/descriptors::a_shown_tree_by_a_mount_that_can_be_written`
//! 3 `adversarial/descriptors::a_shown_tree_by_a_mount_that_can_be_written_through_an_input`
//! 4 `adversarial/kernel::files_that_steer_the_kernel`
//! 4 `adversarial/kernel::files_that_tell_of_the_kernel`
//! 4 `e2e/kernel::kernel_settings_cannot_be_written`
//! 4 `e2e/kernel::kernel_secrets_cannot_be_read`
//! 4 `e2e/kernel::the_hosts_domain_name_stays_outside`
//! 5 `adversarial/kernel::control_groups`
//! 5 `vm/limits::the_group_cannot_be_left`
//! 6 `adversarial/kernel::the_executors_file_is_written`
//! 6 `e2e/attacks::the_executor_stays_as_it_is`
//! 6 `e2e/processes::init_shows_nothing`
//! 7 `e2e/files::mount_below_a_shown_tree_is_read_only`
//! 7 `adversarial/mounts::flags_of_the_source_survive`
//! 8 `adversarial/mounts::read_only_mounts_are_made_writable`
//! 8 `e2e/kernel::mounts_cannot_be_changed`
//! 8 `e2e/kernel::mounts_cannot_be_changed_without_the_filter`
//! 8 `e2e/capabilities::the_strongest_capabilities`
//! 9 `adversarial/mounts::a_target_is_swapped_while_the_sandbox_starts`
//! 9 `adversarial/mounts::a_source_is_swapped_while_the_sandbox_starts`
//! 9 `e2e/attacks::shown_path_is_a_link`
//! 9 `e2e/refusals::relative_paths_through_links`
//! 10 `e2e/protected::missing_paths_cannot_be_made`
//! 10 `e2e/protected::what_there_is_cannot_be_changed`
//! 10 `e2e/protected::a_planted_commondir_is_an_attack`
//! 10 `e2e/stubs::a_stub_that_was_left_is_taken_away`
//! 10 `e2e/attacks::parent_of_a_protected_directory_is_renamed`
//! 10 `e2e/refusals::targets_in_host_trees_are_never_made`
//! 10 `e2e/stubs::a_janitor_takes_the_stubs_of_a_killed_supervisor_away`
//! 10 `e2e/git::stubs_never_show`
//! 10 `e2e/git::a_second_view_keeps_what_the_first_keeps`
//! 10 `e2e/git::commands_in_submodules_and_worktrees_are_taken_out`
//! 10 `e2e/git::a_repository_that_the_program_makes_runs_nothing`
//! 10 `e2e/git/planted::what_is_written_in_another_way_is_taken_out`
//! 10 `e2e/git/planted::what_the_users_keys_lead_to_runs_nothing_new`
//! 10 `e2e/git/planted::one_entry_hides_no_other`
//! 10 `e2e/home::nothing_that_is_planted_in_a_home_is_run`
//! 10 `e2e/views::two_names_of_one_directory`
//! 10 `e2e/views::a_part_of_a_directory_and_the_whole`
//! 10 `e2e/views::mounts_of_the_host_are_views`
//! 10 `e2e/views::a_view_of_what_is_hidden_is_refused`
//! 10 `e2e/views::what_is_a_mount_already_is_hidden_and_kept`
//! 10 `e2e/views::what_nobody_can_make_needs_no_stub`
//! 10 `e2e/links::what_links_in_protected_directories_lead_to_stays`
//! 11 `e2e/files::shown_trees_cannot_be_changed`
//! 11 `adversarial/files::a_program_that_is_not_shown`
//! 11 `e2e/landlock::nothing_is_executed_but_from_shown_paths`
//! 11 `e2e/landlock::an_open_file_cannot_be_opened_again_for_more`
//! 12 `adversarial/calls::other_entry_points`
//! 12 `e2e/syscalls::other_entry_points_kill`
//! 13 `adversarial/calls::nested_user_namespaces`
//! 13 `e2e/kernel::no_nested_user_namespace`
//! 13 `e2e/surface::no_user_namespace_below_that_of_capabilities`
//! 14 `adversarial/calls::io_uring`
//! 14 `adversarial/calls::io_uring_without_a_network`
//! 15 `adversarial/calls::calls_into_the_kernel`
//! 15 `adversarial/calls::another_sandboxes_supervisor`
//! 15 `e2e/surface::every_call_of_the_baseline_is_denied`
//! 15 `e2e/syscalls::denied_calls`
//! 15 `e2e/kernel::keys_of_the_caller_stay_outside`
//! 15 `e2e/landlock::signals_do_not_reach_init`
//! 16 `adversarial/calls::high_bits_that_the_kernel_drops`
//! 16 `e2e/syscalls::rule_on_an_argument`
//! 17 `adversarial/files::programs_with_privileges`
//! 17 `e2e/owners::set_id_files_are_refused`
//! 17 `e2e/owners::set_id_files_are_refused_without_output_paths`
//! 18 `adversarial/network::socket_families`
//! 18 `adversarial/network::protocols_beside_the_port_list`
//! 18 `e2e/surface::no_other_family_of_sockets`
//! 18 `e2e/syscalls::socket_families`
//! 18 `e2e/landlock::listed_ports_are_all_that_can_be_used`
//! 19 `adversarial/network::pathname_sockets_of_the_host`
//! 19 `e2e/network::the_hosts_abstract_sockets_are_not_there`
//! 20 `adversarial/network::a_server_of_the_host`
//! 20 `e2e/network::only_loopback`
//! 20 `e2e/network::the_hosts_loopback_is_another`
//! 20 `e2e/filtered::nothing_inside_changes_the_network`
//! 20 `e2e/filtered::a_helper_that_ends_later_leaves_no_network`
//! 20 `e2e/carried::a_service_of_the_host_is_reached_and_nothing_else`
//! 21 `adversarial/network::a_server_of_the_host`
//! 21 `e2e/carried::a_service_of_the_host_is_reached_and_nothing_else`
//! 22 `e2e/denials::another_thread_changes_a_path_and_no_answer`
//! 22 `e2e/denials::a_program_that_hides_its_memory_is_recorded`
//! 22 `e2e/denials::a_flood_is_counted`
//! 22 `e2e/denials::a_killed_recorder_ends_the_run`
//! 22 `e2e/denials::all_die_with_the_supervisor`
//! 22 `e2e/denials::nothing_of_it_is_inside`
//! 22 `e2e/syscalls::notification_without_a_listener_is_refused`
//! 22 `e2e/signals::killing_the_executor_kills_everything`
//! 23 `vm/limits::pids_stop_a_fork_bomb`
//! 23 `vm/limits::memory_ends_the_group`
//! 23 `e2e/files::scratch_directories_are_bounded`
//! 23 `e2e/small_things::a_size_is_the_file_systems`
//! 23 `adversarial/resources::files_without_end`
//! 23 `adversarial/resources::output_without_end`
//! 23 `adversarial/resources::processes_that_leave_their_parents`
//! 23 `e2e/outcome::timeout_that_is_not_obeyed`
//! 24 `adversarial/resources::shared_memory_of_the_host`
//! 24 `e2e/processes::ipc_of_the_host_is_not_there`
//! 25 `e2e/report::any_argument_is_one_line_of_json`
//! 26 `adversarial/resources::two_sandboxes_at_once`
//! 26 `e2e/parallel::fifty_at_once`
//! 26 `vm/leftovers::a_crowd_leaves_nothing`
//! 27 `schema/plan/tests/plan/corruption::every_byte_flipped`
//! 27 `schema/plan/tests/plan/corruption::cut_at_every_length`
//! 27 `schema/plan/tests/plan/corruption::extended`
//! 27 `schema/plan/tests/plan/corruption::too_large`
//! 27 `e2e/plans::sample_of_damage_is_refused_by_the_executor`
//! 27 `e2e/refusals::plans_that_are_no_files`
//! 28 `adversarial/faults::no_call_of_the_setup_may_fail`
//! 28 `adversarial/faults::no_call_of_the_payload_with_capabilities_may_fail`
//! 28 `adversarial/faults::no_call_for_subordinate_ids_may_fail`
//! 28 `adversarial/faults::no_call_that_fails_leaves_a_stub`
//! 28 `adversarial/faults::no_call_for_a_filtered_network_may_fail`
//! 28 `adversarial/tried::the_doctor_knows_every_call_of_a_run`
//! 28 `vm/faults::no_call_for_the_group_may_fail`
//! 29 `compiler/src/parse/tests::hostile_texts_are_refused_quickly`
//! 29 `compiler/src/parse/tests::hidden_characters_are_found`
//! 29 `spec/hostile::long_names`
//! 29 `spec/hostile::thousands_of_rules`
//! 29 `spec/hostile::aliases_of_aliases`
//! 29 `compiler/tests/compiler/command_line::files_that_cannot_be_read`
//! 30 `adversarial/descriptors::a_file_to_read`
//! 30 `adversarial/descriptors::a_file_to_write`
//! 30 `adversarial/descriptors::memory_to_read`
//! 30 `adversarial/descriptors::a_pipe_the_other_way`
//! 30 `adversarial/descriptors::sockets_that_lead_elsewhere`
//! 30 `e2e/streams::a_program_cannot_move_the_position_back`
//! 31 `e2e/terminal::a_job_of_a_shell`
//! 31 `e2e/terminal::a_job_that_is_recorded`
//! 31 `e2e/held_up::a_stopped_terminal_holds_up_no_timeout`
//! 31 `e2e/held_up::a_terminal_of_another_user_holds_up_no_timeout`
//! 31 `e2e/held_up::a_terminal_of_another_user_holds_up_no_signal`
//! 31 `e2e/held_up::stops_that_nobody_hears_hold_up_no_timeout`
//! 32 `e2e/kept::what_descriptors_name_cannot_be_changed`
//! 32 `e2e/kept::the_plan_and_the_program_cannot_be_changed`
//! 32 `e2e/kept::every_view_of_it_is_kept`
//! 32 `e2e/kept::what_the_host_passes_on_its_way_is_kept`
//! 32 `e2e/kept::another_name_of_a_kept_file_is_refused`
//! 32 `e2e/trust::a_run_does_not_change_what_the_next_one_obeys`
//! 32 `e2e/trust::another_policys_run_keeps_it_too`
//! 32 `e2e/trust::what_the_host_replaces_is_not_obeyed`
//! 32 `e2e/trust::state_and_log_stay_as_they_are`
//! 32 `e2e/trust::a_report_cannot_be_forged`
//! 32 `e2e/trust/names::links_on_the_way_stay_in_runs_of_other_policies`
//! 32 `e2e/trust/names::a_link_that_the_host_replaces_is_not_obeyed`
//! 32 `e2e/trust/names::what_lies_on_a_mount_below_a_share_is_kept`
//! 32 `e2e/trust/names::what_a_bind_mount_below_a_share_leads_to_is_kept`
//! 32 `e2e/trust/names::a_missing_file_that_a_run_makes_is_not_obeyed`
//! 32 `e2e/trust/names::another_name_of_what_has_changed_is_not_obeyed`
//! 32 `e2e/trust/names::a_file_that_a_run_has_a_hard_link_of_is_not_obeyed`
//! 32 `e2e/trust/names::the_link_by_which_purple_is_called_stays`
//! 33 `e2e/trust::a_link_that_a_run_left_leads_no_later_run`
//! 33 `e2e/trust::a_report_cannot_be_forged`
//! 34 `e2e/git::a_second_view_keeps_what_the_first_keeps`
//! 34 `e2e/kept::every_view_of_it_is_kept`
//! 34 `e2e/kept::another_name_of_a_kept_file_is_refused`
//! 34 `e2e/protected::a_file_with_another_name_is_refused`
//! 34 `compiler/src/resolve/protected/groups::projects_and_homes_are_recognised_by_their_paths`
//! 35 `e2e/git::commands_in_submodules_and_worktrees_are_taken_out`
//! 35 `e2e/git::a_repository_that_the_program_makes_runs_nothing`
//! 35 `e2e/git::what_is_taken_out_is_in_report_and_record`
//! 35 `operator/git/src/tests::hooks_that_are_a_link`
//! 35 `operator/git/src/tests::hooks_that_are_files_of_the_project`
//! 35 `operator/git/src/tests::the_way_from_a_linked_worktree`
//! 35 `operator/git/src/tests::a_rebase_with_commands`
//! 35 `operator/git/src/tests/data::an_index_that_names_files_elsewhere`
//! 35 `operator/git/src/tests/data::links_among_the_files_of_git`
//! 35 `operator/git/src/tests/pointers::a_repository_that_lies_outside`
//! 35 `operator/git/src/tests/layout::packs_of_another_repository`
//! 35 `operator/git/src/tests/hidden::files_that_an_index_hides`
//! 35 `e2e/git/beside::what_one_run_takes_out_another_does_not_bring_back`
//! 35 `e2e/protected::a_project_is_protected_without_saying_so`
//! 36 `e2e/held_up::time_goes_on_while_the_supervisor_is_stopped`
//! 36 `e2e/held_up::time_goes_on_while_everything_is_stopped`
//! 36 `e2e/held_up::a_full_pipe_holds_up_no_timeout`
//! 36 `e2e/held_up::a_stopped_terminal_holds_up_no_timeout`
//! 36 `e2e/subordinate::a_helper_that_hangs_holds_up_no_signal`
//! 36 `e2e/audit/held::a_reader_cannot_hold_the_log_up`
//! 36 `e2e/audit/signals::a_signal_at_the_start_loses_no_record`
//! 36 `operator/host/src/own_file::a_lock_is_waited_for_and_not_for_good`
//! 36 `e2e/held_up::a_terminal_of_another_user_holds_up_no_timeout`
//! 37 `e2e/processes::init_cannot_be_steered`
//! 37 `executor/sys/src/own_filters::process_1_cannot_be_steered_and_others_can`
//! 38 `e2e/hidden::the_compiler_hides_nothing`
//! 38 `e2e/hidden::the_executor_hides_nothing`
//! 38 `e2e/hidden::the_operators_tool_hides_nothing`
//! 38 `e2e/operator::what_finds_no_room_is_counted_and_denied`
//! 38 `e2e/denials::the_report_has_every_denied_call`
//! 39 `e2e/emulated::a_call_that_is_only_said_to_be_made_is_refused`
//! 39 `adversarial/fakes::no_call_that_is_faked_leaves_a_layer_out`
//! 39 `adversarial/fakes::no_call_that_is_faked_leaves_a_filter_of_the_network_out`
//! 39 `e2e/emulated::a_wait_that_is_only_said_to_be_made_ends`
//! 39 `e2e/emulated::output_that_is_said_to_be_input_is_refused`
//! 40 `e2e/shares::one_sandbox_leaves_others_some`
//! 41 `e2e/reached::every_row_of_the_table_holds`
//! 41 `operator/network/tests/net/names::addresses_that_are_not_public_are_left_out`
//! 41 `operator/network/tests/net/names::aliases_are_followed_and_do_not_go_in_circles`
//! 41 `operator/network/tests/net/server_names::another_name_or_none_ends_in_an_alert_and_nothing_goes_out`
//! 41 `operator/network/tests/net/server_names::every_first_message_is_read`
//! 41 `operator/network/src/counts/tests::no_flood_hides_what_comes_later`
//! 41 `operator/network/tests/net/life::a_helper_that_is_killed_ends_what_it_carried_and_opens_nothing`
//! 41 `e2e/helper_ends::killed_at_any_step_of_its_start`
//! 41 `e2e/helper_ends::killed_while_it_carries`
//! 41 `e2e/helper_ends::stopped_for_good_while_it_carries`
//! 42 `operator/network/tests/net/host_addresses::no_address_of_the_hosts_is_reached`
//! 42 `e2e/reached::every_row_of_the_table_holds`
//! 42 `e2e/carried::a_service_of_the_host_is_reached_and_nothing_else`
//! 42 `e2e/carried::a_published_port_leads_inside_and_no_other_does`
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod attack;
mod calls;
mod descriptors;
mod fakes;
mod faults;
mod files;
mod harmless;
mod kernel;
mod mounts;
mod network;
mod resources;
mod tracer;
mod tried;
