# Prints what the reader beside the Vagrantfile makes of an inventory.
require "json"
require_relative "../../vagrant/inventory"

# JSON has no word for what is no finite number; trueup says null there.
def sayable(value)
  case value
  when Hash then value.transform_values { |item| sayable(item) }
  when Array then value.map { |item| sayable(item) }
  when Float then value.finite? ? value : nil
  else value
  end
end

print JSON.generate(sayable(Lab::Inventory.new(ARGV[0]).list))
