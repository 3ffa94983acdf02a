# Fills a controller as `vagrant up controller` does; ssh stands in for Vagrant's own way to a machine.
# usage: ruby controller.rb REPOSITORY INVENTORY SSH_CONFIG PUBLIC_KEY
require "open3"
repository, inventory, SSH, key = ARGV
require File.join(repository, "vagrant", "controller")

State = Struct.new(:id)
Machine = Struct.new(:name) do
  def state = State.new(:running)
  def ui = self
  def communicate = self
  def info(text) = puts(text)
  alias_method :detail, :info

  def execute(command)
    out, status = Open3.capture2e("ssh", "-F", SSH, "-o", "BatchMode=yes", name.to_s, "--", command)
    raise "#{name}: #{command}: #{out}" unless status.success?
    yield :stdout, out if block_given?
  end

  def upload(from, to)
    # As scp does it: into the file that is there.
    raise "no #{to}" unless system("ssh", "-F", SSH, "-o", "BatchMode=yes", name.to_s, "--", "cat >#{to}", in: from)
  end
end

Environment = Struct.new(:active_machines) do
  def machine(name, _) = Machine.new(name)
end

lab = Lab::Declared.new(inventory, "/nowhere", { "TRUEUP_LAB_KEY" => key })
environment = Environment.new([[:one, :virtualbox], [:controller, :virtualbox]])
Lab::Controller.new(lab).fill(environment, Machine.new(:controller))
